-- One row is one comparison. It decides who works on it and whether its result may be had; messages only say
-- that somebody should look.
CREATE TABLE jobs (
  id              BIGINT        NOT NULL AUTO_INCREMENT,
  -- job_… as callers know it.
  name            VARCHAR(32)   NOT NULL,
  -- 0: nobody's, whoever knows the name may have it.
  user_id         BIGINT        NOT NULL,
  -- Hash of the Idempotency-Key; NULL: none.
  request_key     VARCHAR(64)   NULL,
  file1_name      VARCHAR(255)  NOT NULL,
  file1_bytes     BIGINT        NOT NULL,
  file1_sha256    VARCHAR(64)   NOT NULL,
  file2_name      VARCHAR(255)  NOT NULL,
  file2_bytes     BIGINT        NOT NULL,
  file2_sha256    VARCHAR(64)   NOT NULL,
  -- compare.options/1 as submitted.
  options         TEXT          NOT NULL,
  -- processing, awaiting_payment, ready, failed, cancelled, expired
  state           VARCHAR(24)   NOT NULL,
  -- The fence: it grows with every claim, and a worker whose number is not the row's has lost the job.
  attempt         INT           NOT NULL,
  -- Claims since it was submitted or retried.
  tries           INT           NOT NULL,
  -- Until when the claim stands; 0: free.
  lease_until_ms  BIGINT        NOT NULL,
  stage           VARCHAR(16)   NOT NULL,
  percent         INT           NOT NULL,
  rows_read       BIGINT        NOT NULL,
  failure_code    VARCHAR(32)   NOT NULL,
  failure_message VARCHAR(1024) NOT NULL,
  -- The attempt whose result counts; 0: it was not compared.
  result_attempt  INT           NOT NULL,
  -- {"added":…} of the summary; NULL: it was not compared.
  counts          VARCHAR(512)  NULL,
  amount_fen      BIGINT        NOT NULL,
  -- Which rule made the price.
  price_rule      VARCHAR(32)   NOT NULL,
  -- A payment may exist: before it can be cancelled or expire, payment has to be asked.
  pay_opened      TINYINT(1)    NOT NULL,
  -- What it becomes once its payment is closed: cancelled or expired; empty: it can be paid.
  closing         VARCHAR(16)   NOT NULL,
  payment_no      VARCHAR(32)   NOT NULL,
  code_url        VARCHAR(512)  NOT NULL,
  code_url_at_ms  BIGINT        NOT NULL,
  paid_at_ms      BIGINT        NOT NULL,
  cancelled_at_ms BIGINT        NOT NULL,
  created_at_ms   BIGINT        NOT NULL,
  updated_at_ms   BIGINT        NOT NULL,
  -- The last moment to pay, or to download.
  expires_at_ms   BIGINT        NOT NULL,
  -- When the sweeper has to look next; NULL: never.
  due_at_ms       BIGINT        NULL,
  -- When files that it does not need any more have to go; NULL: there are none.
  clean_at_ms     BIGINT        NULL,
  PRIMARY KEY (id),
  UNIQUE KEY name (name),
  UNIQUE KEY request_key (user_id, request_key),
  KEY by_user (user_id, created_at_ms),
  KEY by_files (file1_sha256, file2_sha256, paid_at_ms),
  KEY by_state (state, created_at_ms),
  KEY by_due (due_at_ms),
  KEY by_clean (clean_at_ms)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
