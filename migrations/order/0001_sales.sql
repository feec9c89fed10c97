-- The row that decides what counts in a sale: landing and closing hold it shared, a fence writes it first.
CREATE TABLE sales (
    activity_id      BIGINT        NOT NULL,
    epoch            BIGINT        NOT NULL,
    -- Of the terms: an edit applies only over a lower one.
    version          BIGINT        NOT NULL,
    -- Whether that version was refused when it came (60015).
    refused          TINYINT(1)    NOT NULL,
    -- open, ended
    state            VARCHAR(8)    NOT NULL,
    -- The sale was cancelled, and its unpaid orders have not been made due yet.
    expire_unpaid    TINYINT(1)    NOT NULL,
    product_id       BIGINT        NOT NULL,
    product_name     VARCHAR(255)  NOT NULL,
    product_image    VARCHAR(2048) NOT NULL,
    price_fen        BIGINT        NOT NULL,
    units            BIGINT        NOT NULL,
    start_ms         BIGINT        NOT NULL,
    -- 0: open-ended.
    end_ms           BIGINT        NOT NULL,
    limit_per_user   INT           NOT NULL,
    payment_window_s BIGINT        NOT NULL,
    created_at_ms    BIGINT        NOT NULL,
    PRIMARY KEY (activity_id),
    KEY by_state (state, expire_unpaid)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
