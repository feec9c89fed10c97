-- One row per movement of stock that was ever asked for, refusals included: a repeated key is answered from it.
CREATE TABLE stock_moves (
  move_key    VARCHAR(64)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind        VARCHAR(8)    NOT NULL,
  product_id  BIGINT        NOT NULL,
  -- 0: all there is.
  asked       BIGINT        NOT NULL,
  outcome     VARCHAR(8)    NOT NULL,
  moved       BIGINT        NOT NULL,
  -- The product as it was answered, JSON; empty when there was none.
  product     VARCHAR(8000) NOT NULL,
  at_ms       BIGINT        NOT NULL,
  PRIMARY KEY (move_key),
  KEY by_product (product_id, at_ms)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
