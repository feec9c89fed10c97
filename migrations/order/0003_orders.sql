-- Every reservation that arrived or was settled, whatever became of it. Rows are kept: a late duplicate must find its own.
CREATE TABLE orders (
    id            BIGINT        NOT NULL,
    activity_id   BIGINT        NOT NULL,
    user_id       BIGINT        NOT NULL,
    -- pending, closing, paid, closed, refused, refunding, refunded
    state         VARCHAR(16)   NOT NULL,
    -- Of closing, closed and refused.
    reason        VARCHAR(16)   NOT NULL,
    -- As reserved.
    epoch         BIGINT        NOT NULL,
    at_ms         BIGINT        NOT NULL,
    request_key   VARCHAR(80)   NOT NULL,
    -- slot:unit,… as reserved; unit 0 where only the slot is known.
    units         VARCHAR(4096) NOT NULL,
    quantity      INT           NOT NULL,
    -- The sale's terms when it landed.
    product_id    BIGINT        NOT NULL,
    product_name  VARCHAR(255)  NOT NULL,
    product_image VARCHAR(2048) NOT NULL,
    price_fen     BIGINT        NOT NULL,
    -- 0: never payable.
    expires_at_ms BIGINT        NOT NULL,
    -- A payment may exist: closing has to ask first.
    pay_opened    TINYINT(1)    NOT NULL,
    payment_no    VARCHAR(32)   NOT NULL,
    paid_at_ms    BIGINT        NOT NULL,
    -- When the sweeper has to look next: pending at its expiry, closing to ask again. NULL: never.
    due_at_ms     BIGINT        NULL,
    -- Whose claim moved due_at_ms last.
    sweep_owner   BIGINT        NULL,
    PRIMARY KEY (id),
    KEY by_user (user_id, at_ms),
    KEY by_due (due_at_ms)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
