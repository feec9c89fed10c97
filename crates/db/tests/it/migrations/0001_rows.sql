CREATE TABLE things (
    id BIGINT NOT NULL,
    name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY things_by_name (name)
) ENGINE = InnoDB;
