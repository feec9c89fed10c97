-- What was sent, of ordinary orders and of sales. An order is sent once.
CREATE TABLE shipments (
    order_id        BIGINT      NOT NULL,
    carrier         VARCHAR(64) NOT NULL,
    tracking_no     VARCHAR(64) NOT NULL,
    shipped_at_ms   BIGINT      NOT NULL,
    -- 0: not yet.
    confirmed_at_ms BIGINT      NOT NULL,
    -- When it confirms by itself; NULL: it is confirmed.
    confirm_due_ms  BIGINT      NULL,
    PRIMARY KEY (order_id),
    KEY by_due (confirm_due_ms)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
