-- The lines of a reservation, with the product as it was: an order is charged what stands here.
CREATE TABLE reservation_lines (
  order_id      BIGINT        NOT NULL,
  product_id    BIGINT        NOT NULL,
  units         BIGINT        NOT NULL,
  price_fen     BIGINT        NOT NULL,
  product_name  VARCHAR(255)  NOT NULL,
  product_image VARCHAR(1024) NOT NULL,
  category      VARCHAR(64)   NOT NULL,
  PRIMARY KEY (order_id, product_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
