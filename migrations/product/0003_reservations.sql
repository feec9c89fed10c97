-- What ordinary orders hold of the stock. A row is kept for ever: a repeat, however late, finds its answer.
CREATE TABLE reservations (
  order_id        BIGINT      NOT NULL,
  -- held, refused, consumed, released, returned
  stage           VARCHAR(8)  NOT NULL,
  -- Of a refusal: missing, off_shelf, short; otherwise empty.
  refusal         VARCHAR(16) NOT NULL,
  refused_product BIGINT      NOT NULL,
  at_ms           BIGINT      NOT NULL,
  PRIMARY KEY (order_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
