-- Epochs in which a landing met a duplicate unit or buyer: a rollback of Redis went unnoticed, rebuild.
CREATE TABLE sale_suspects (
    activity_id BIGINT NOT NULL,
    epoch       BIGINT NOT NULL,
    PRIMARY KEY (activity_id, epoch)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
