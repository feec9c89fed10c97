-- The free part of a result.
CREATE TABLE reports (
  job_id  BIGINT     NOT NULL,
  -- compare.summary/1 and compare.preview/1
  summary MEDIUMTEXT NOT NULL,
  preview MEDIUMTEXT NOT NULL,
  PRIMARY KEY (job_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
