-- Every step of an ordinary order, and what happened to the goods of any order.
CREATE TABLE order_log (
    id       BIGINT       NOT NULL AUTO_INCREMENT,
    order_id BIGINT       NOT NULL,
    at_ms    BIGINT       NOT NULL,
    -- 0: the fleet itself.
    user_id  BIGINT       NOT NULL,
    step     VARCHAR(16)  NOT NULL,
    detail   VARCHAR(200) NOT NULL,
    PRIMARY KEY (id),
    KEY by_order (order_id, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
