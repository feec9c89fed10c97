-- Verified notifications, once each, with what came and what became of it.
CREATE TABLE notifications (
  provider        VARCHAR(16)     NOT NULL,
  notification_id VARCHAR(64)     NOT NULL,
  event_type      VARCHAR(64)     NOT NULL,
  -- The payment or refund number that it names.
  subject_no      VARCHAR(64)     NOT NULL,
  outcome         VARCHAR(32)     NOT NULL,
  headers         TEXT            NOT NULL,
  body            MEDIUMBLOB      NOT NULL,
  received_at_ms  BIGINT          NOT NULL,
  PRIMARY KEY (provider, notification_id),
  KEY by_outcome (outcome, received_at_ms)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
