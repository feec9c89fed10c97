-- Carts: 'u' and the user's id, or 'a' and the token of an anonymous visitor.
CREATE TABLE cart_lines (
    owner         VARCHAR(40)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    product_id    BIGINT        NOT NULL,
    quantity      INT           NOT NULL,
    selected      TINYINT(1)    NOT NULL,
    -- When the line was put in.
    price_fen     BIGINT        NOT NULL,
    product_name  VARCHAR(255)  NOT NULL,
    product_image VARCHAR(2048) NOT NULL,
    added_at_ms   BIGINT        NOT NULL,
    updated_at_ms BIGINT        NOT NULL,
    PRIMARY KEY (owner, product_id),
    KEY by_time (updated_at_ms)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
