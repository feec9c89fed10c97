-- Every change of a product's stock, in the order of its row's lock.
CREATE TABLE stock_movements (
  id          BIGINT       NOT NULL AUTO_INCREMENT,
  product_id  BIGINT       NOT NULL,
  -- reserve, release, consume, return, adjust, set, sale_take, sale_return
  kind        VARCHAR(16)  NOT NULL,
  -- What the stock and the reserved units changed by, and what they were afterwards.
  stock_delta BIGINT       NOT NULL,
  stock       BIGINT       NOT NULL,
  reserved    BIGINT       NOT NULL,
  -- The order, the sale's key or the adjustment's; NULL: an edit without a key.
  reference   VARCHAR(96)  CHARACTER SET ascii COLLATE ascii_bin NULL,
  -- 0: the fleet itself.
  user_id     BIGINT       NOT NULL,
  reason      VARCHAR(200) NOT NULL,
  at_ms       BIGINT       NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY once (product_id, kind, reference),
  KEY by_time (at_ms)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
