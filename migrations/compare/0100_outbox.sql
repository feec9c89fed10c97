-- Messages that were born in a transaction of this schema and are on their way to the broker. A row lives
-- until the broker has confirmed it. Read by primary key only: a secondary index would make relays wait for
-- rows that are being inserted.
CREATE TABLE outbox (
    id BIGINT NOT NULL AUTO_INCREMENT,
    message_id BINARY(16) NOT NULL,
    queue VARCHAR(128) NOT NULL,
    name VARCHAR(128) NOT NULL,
    version INT NOT NULL,
    body MEDIUMBLOB NOT NULL,
    trace_parent VARCHAR(64) NULL,
    created_ms BIGINT NOT NULL,
    -- The claim of one relay, and until when it stands; 0: free.
    owner BIGINT NOT NULL DEFAULT 0,
    lease_until_ms BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
