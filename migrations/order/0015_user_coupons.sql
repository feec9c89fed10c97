-- Claimed coupons, numbered as units are: one too many, or one more than a user may have, is an impossible row.
CREATE TABLE user_coupons (
    id             BIGINT      NOT NULL AUTO_INCREMENT,
    coupon_id      BIGINT      NOT NULL,
    number         BIGINT      NOT NULL,
    user_id        BIGINT      NOT NULL,
    -- 1 to the template's limit per user.
    slot           INT         NOT NULL,
    -- Hash of the Idempotency-Key; without one '#' and the number.
    request_key    VARCHAR(80) NOT NULL,
    claimed_at_ms  BIGINT      NOT NULL,
    valid_until_ms BIGINT      NOT NULL,
    -- Who uses it; NULL: unused. An order uses one.
    order_id       BIGINT      NULL,
    PRIMARY KEY (id),
    UNIQUE KEY numbered (coupon_id, number),
    UNIQUE KEY buyer_slot (coupon_id, user_id, slot),
    UNIQUE KEY buyer_key (user_id, coupon_id, request_key),
    UNIQUE KEY by_order (order_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
