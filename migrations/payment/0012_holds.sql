-- What a user set aside for calls that are charged later. The money itself stands in the ledger.
CREATE TABLE holds (
  user_id       BIGINT       NOT NULL,
  hold_key      VARCHAR(64)  NOT NULL,
  amount_fen    BIGINT       NOT NULL,
  -- pending, captured or released.
  state         VARCHAR(16)  NOT NULL,
  captured_fen  BIGINT       NOT NULL,
  api_call      VARCHAR(255) NOT NULL,
  metadata      TEXT         NOT NULL,
  created_at_ms BIGINT       NOT NULL,
  settled_at_ms BIGINT       NULL,
  PRIMARY KEY (user_id, hold_key),
  KEY by_state (state, created_at_ms)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
