-- Each account's movements, numbered without a gap under the account's lock. Rows are only ever inserted.
CREATE TABLE entries (
  account_id  BIGINT NOT NULL,
  seq         BIGINT NOT NULL,
  journal_id  BIGINT NOT NULL,
  amount_fen  BIGINT NOT NULL,
  balance_fen BIGINT NOT NULL,
  PRIMARY KEY (account_id, seq),
  KEY by_journal (journal_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
