-- The row reserves the money: one full refund per payment.
CREATE TABLE refunds (
  id             BIGINT        NOT NULL,
  refund_no      VARCHAR(32)   NOT NULL,
  payment_id     BIGINT        NOT NULL,
  amount_fen     BIGINT        NOT NULL,
  reason         VARCHAR(80)   NOT NULL,
  state          VARCHAR(16)   NOT NULL,
  -- What asks for it at the provider, byte for byte; NULL: paid without a provider.
  request        VARCHAR(2048) NULL,
  provider_id    VARCHAR(64)   NULL,
  created_at_ms  BIGINT        NOT NULL,
  refunded_at_ms BIGINT        NULL,
  next_try_ms    BIGINT        NULL,
  sender         VARCHAR(36)   NULL,
  tries          INT           NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY refund_no (refund_no),
  UNIQUE KEY one_per_payment (payment_id),
  KEY by_next_try (next_try_ms)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
