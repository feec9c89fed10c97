-- Files that are on their way into the store for a job that does not exist yet. A row that outlives its upload
-- tells the cleaner what was left behind.
CREATE TABLE uploads (
  name        VARCHAR(32) NOT NULL,
  until_ms    BIGINT      NOT NULL,
  -- The cleaner is at it: the upload has lost.
  given_up    TINYINT(1)  NOT NULL,
  PRIMARY KEY (name),
  KEY by_until (until_ms)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
