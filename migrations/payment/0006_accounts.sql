-- Balances are derived from `entries`; these are cached under the row's lock, so that a movement reads one row per
-- account. A positive balance is what the shop owes: to a buyer, or to itself as income. What lies with a company
-- that pays us stands as a negative one, so that all balances together are 0.
CREATE TABLE accounts (
  id          BIGINT      NOT NULL AUTO_INCREMENT,
  kind        VARCHAR(16) NOT NULL,
  owner       BIGINT      NOT NULL,
  -- Accounts that every payment touches are several rows, so that payments do not wait for each other.
  stripe      SMALLINT    NOT NULL,
  balance_fen BIGINT      NOT NULL,
  -- The number of the last entry.
  last_seq    BIGINT      NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY named (kind, owner, stripe),
  CONSTRAINT never_below_zero
    CHECK (kind NOT IN ('user', 'held', 'one_pass', 'refunding') OR balance_fen >= 0)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
