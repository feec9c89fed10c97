-- Accounts. Names that differ only in case, or in accents, are the same name.
CREATE TABLE users (
  id            BIGINT        NOT NULL AUTO_INCREMENT,
  username      VARCHAR(50)   CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NULL,
  email         VARCHAR(254)  CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NULL,
  mobile        VARCHAR(21)   NULL,
  -- argon2id; bcrypt in imported accounts until their next login.
  password_hash VARCHAR(255)  NOT NULL,
  nickname      VARCHAR(64)   NOT NULL,
  avatar        VARCHAR(1024) NOT NULL,
  sex           TINYINT       NOT NULL,
  info          VARCHAR(1000) NOT NULL,
  role          VARCHAR(8)    NOT NULL,
  active        TINYINT(1)    NOT NULL,
  created_at_ms BIGINT        NOT NULL,
  updated_at_ms BIGINT        NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY users_username (username),
  UNIQUE KEY users_email (email),
  UNIQUE KEY users_mobile (mobile)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
