-- One movement of money; its entries sum up to 0. Rows are only ever inserted.
CREATE TABLE journals (
  id              BIGINT       NOT NULL AUTO_INCREMENT,
  idempotency_key VARCHAR(160) NOT NULL,
  kind            VARCHAR(24)  NOT NULL,
  -- The payment, refund, batch or hold that it is about.
  about           VARCHAR(96)  NOT NULL,
  memo            VARCHAR(255) NOT NULL,
  -- What moved, as text: a repeat under the same key must say the same, and an audit compares it with the entries.
  movement        VARCHAR(255) NOT NULL,
  at_ms           BIGINT       NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY idempotency_key (idempotency_key),
  KEY by_about (about),
  KEY by_time (at_ms)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
