-- A payment pays one order, once.
CREATE TABLE order_payments (
    payment_no VARCHAR(32) NOT NULL,
    order_id   BIGINT      NOT NULL,
    PRIMARY KEY (payment_no)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
