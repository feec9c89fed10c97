-- Which admin changed which price, from what to what, and when.
CREATE TABLE price_changes (
  id         BIGINT NOT NULL AUTO_INCREMENT,
  product_id BIGINT NOT NULL,
  old_fen    BIGINT NOT NULL,
  new_fen    BIGINT NOT NULL,
  user_id    BIGINT NOT NULL,
  at_ms      BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY by_product (product_id, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
