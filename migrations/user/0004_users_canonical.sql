-- One form of each username (trimmed, NFKC, lower case), by which it is found and unique. Names of before get
-- theirs when the service starts; two that were different until then keep apart by "#<id>".
ALTER TABLE users
  ADD COLUMN username_canonical VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL AFTER username,
  ADD UNIQUE KEY users_username_canonical (username_canonical);
