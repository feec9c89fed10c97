-- The units of live orders. Overselling and buying twice are impossible rows.
CREATE TABLE sale_units (
    activity_id BIGINT      NOT NULL,
    unit_no     BIGINT      NOT NULL,
    user_id     BIGINT      NOT NULL,
    slot        INT         NOT NULL,
    order_id    BIGINT      NOT NULL,
    -- Hash of the Idempotency-Key; without one '#' and the order id.
    request_key VARCHAR(80) NOT NULL,
    -- 1 to the order's quantity.
    i           INT         NOT NULL,
    at_ms       BIGINT      NOT NULL,
    PRIMARY KEY (activity_id, unit_no),
    UNIQUE KEY buyer_slot (activity_id, user_id, slot),
    UNIQUE KEY buyer_key (activity_id, user_id, request_key, i)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
