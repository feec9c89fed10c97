-- The lines of ordinary orders, with the product as it was when its units were taken.
CREATE TABLE retail_lines (
    order_id      BIGINT        NOT NULL,
    line          INT           NOT NULL,
    product_id    BIGINT        NOT NULL,
    quantity      INT           NOT NULL,
    price_fen     BIGINT        NOT NULL,
    product_name  VARCHAR(255)  NOT NULL,
    product_image VARCHAR(2048) NOT NULL,
    category      VARCHAR(64)   NOT NULL,
    -- The line's part of the coupon.
    discount_fen  BIGINT        NOT NULL,
    PRIMARY KEY (order_id, line)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
