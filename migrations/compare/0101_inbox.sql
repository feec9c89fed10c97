-- Messages whose effect is committed in this schema: a repeat finds itself here.
CREATE TABLE inbox (
    consumer VARCHAR(64) NOT NULL,
    message_id BINARY(16) NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (consumer, message_id),
    KEY inbox_at (at_ms)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
