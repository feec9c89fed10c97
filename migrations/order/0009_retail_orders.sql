-- Ordinary orders. "creating" is an intent whose units may or may not be held; "void" never came to be.
CREATE TABLE retail_orders (
    id             BIGINT       NOT NULL,
    user_id        BIGINT       NOT NULL,
    -- creating, void, pending, closing, paid, closed, refunding, refunded
    state          VARCHAR(16)  NOT NULL,
    -- Of closing, closed and void.
    reason         VARCHAR(16)  NOT NULL,
    -- Hash of the Idempotency-Key; without one, and when void, '#' and the id.
    request_key    VARCHAR(80)  NOT NULL,
    -- Of what was asked for.
    request_hash   CHAR(64)     NOT NULL,
    at_ms          BIGINT       NOT NULL,
    goods_fen      BIGINT       NOT NULL,
    discount_fen   BIGINT       NOT NULL,
    -- 0: none.
    user_coupon_id BIGINT       NOT NULL,
    recipient      VARCHAR(64)  NOT NULL,
    phone          VARCHAR(32)  NOT NULL,
    region         VARCHAR(128) NOT NULL,
    address        VARCHAR(255) NOT NULL,
    remark         VARCHAR(500) NOT NULL,
    -- 0: never payable.
    expires_at_ms  BIGINT       NOT NULL,
    -- A payment may exist: closing has to ask first.
    pay_opened     TINYINT(1)   NOT NULL,
    payment_no     VARCHAR(32)  NOT NULL,
    paid_at_ms     BIGINT       NOT NULL,
    -- When the sweeper has to look next; NULL: never.
    due_at_ms      BIGINT       NULL,
    PRIMARY KEY (id),
    UNIQUE KEY once (user_id, request_key),
    KEY by_user (user_id, at_ms),
    KEY by_time (at_ms),
    KEY by_due (due_at_ms)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
