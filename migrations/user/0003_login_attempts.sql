-- Logins that were begun and did not succeed, by account ("user/7") or by a name that nobody has ("name/<hash>").
CREATE TABLE login_attempts (
  subject  VARCHAR(80) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  attempts INT         NOT NULL,
  -- Of the first attempt, and from the last allowed one on of that one: the lock counts from there.
  since_ms BIGINT      NOT NULL,
  PRIMARY KEY (subject),
  KEY by_age (since_ms)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
