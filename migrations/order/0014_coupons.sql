-- Coupon templates. "claimed" is the highest number given out.
CREATE TABLE coupons (
    id               BIGINT        NOT NULL AUTO_INCREMENT,
    name             VARCHAR(100)  NOT NULL,
    -- full_reduction, discount, cash
    kind             VARCHAR(16)   NOT NULL,
    amount_fen       BIGINT        NOT NULL,
    percent          INT           NOT NULL,
    -- 0: no bound.
    max_discount_fen BIGINT        NOT NULL,
    threshold_fen    BIGINT        NOT NULL,
    -- all, categories, products
    scope            VARCHAR(16)   NOT NULL,
    -- One per line; of products their ids.
    scope_values     VARCHAR(8000) NOT NULL,
    -- -1: without limit.
    total            BIGINT        NOT NULL,
    claimed          BIGINT        NOT NULL,
    per_user_limit   INT           NOT NULL,
    -- 0: until the end.
    valid_days       INT           NOT NULL,
    start_ms         BIGINT        NOT NULL,
    end_ms           BIGINT        NOT NULL,
    -- NULL: anybody may claim.
    code             VARCHAR(32)   CHARACTER SET ascii COLLATE ascii_bin NULL,
    active           TINYINT(1)    NOT NULL,
    created_at_ms    BIGINT        NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY by_code (code),
    KEY by_end (end_ms)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
