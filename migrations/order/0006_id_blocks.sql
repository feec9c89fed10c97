-- Ids are leased in blocks, so that nothing depends on a clock or on Redis.
CREATE TABLE id_blocks (
    name VARCHAR(16) NOT NULL,
    next BIGINT      NOT NULL,
    PRIMARY KEY (name)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
