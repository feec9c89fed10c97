-- A login. It ends when it is revoked or when its last token has expired.
CREATE TABLE sessions (
  id            BIGINT      NOT NULL AUTO_INCREMENT,
  user_id       BIGINT      NOT NULL,
  life          VARCHAR(16) NOT NULL,
  -- SHA-256 of the one refresh token that may still be used.
  refresh_hash  CHAR(64)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at_ms BIGINT      NOT NULL,
  expires_at_ms BIGINT      NOT NULL,
  revoked_at_ms BIGINT      NULL,
  PRIMARY KEY (id),
  KEY by_user (user_id, revoked_at_ms),
  KEY by_revocation (revoked_at_ms),
  KEY by_expiry (expires_at_ms)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
