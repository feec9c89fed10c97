-- One row is one number at a payment company. `live` is 1 while the row holds its subject: at most one payment
-- of a subject can be opened, and a subject that is no longer payable keeps its last row (or a tombstone of
-- channel 'none') as 1 for good, so that a late Create meets the unique key.
CREATE TABLE payments (
  id               BIGINT        NOT NULL,
  payment_no       VARCHAR(32)   NOT NULL,
  purpose          VARCHAR(16)   NOT NULL,
  subject          VARCHAR(64)   NOT NULL,
  subject_id       BIGINT        NOT NULL,
  user_id          BIGINT        NOT NULL,
  channel          VARCHAR(16)   NOT NULL,
  amount_fen       BIGINT        NOT NULL,
  state            VARCHAR(16)   NOT NULL,
  live             TINYINT       NULL,
  -- The subject's owner said that it is no longer payable.
  barred           TINYINT(1)    NOT NULL,
  -- What opens it at the provider, byte for byte: a repeat must not differ.
  open_request     VARCHAR(2048) NULL,
  opener           VARCHAR(36)   NULL,
  opening_until_ms BIGINT        NOT NULL,
  code_url         VARCHAR(512)  NULL,
  code_url_at_ms   BIGINT        NULL,
  transaction_id   VARCHAR(64)   NULL,
  created_at_ms    BIGINT        NOT NULL,
  expires_at_ms    BIGINT        NOT NULL,
  paid_at_ms       BIGINT        NULL,
  closed_at_ms     BIGINT        NULL,
  -- When the provider is asked next, by whom it was claimed, and how often it was asked in this state.
  check_at_ms      BIGINT        NULL,
  checker          VARCHAR(36)   NULL,
  checks           INT           NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY payment_no (payment_no),
  UNIQUE KEY live_subject (purpose, subject, live),
  UNIQUE KEY transaction_id (transaction_id),
  KEY by_check (check_at_ms)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
