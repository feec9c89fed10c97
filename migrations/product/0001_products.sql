-- The catalogue. Name and description are searched without regard to case.
CREATE TABLE products (
  id            BIGINT        NOT NULL AUTO_INCREMENT,
  name          VARCHAR(255)  CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL,
  description   VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL,
  price_fen     BIGINT        NOT NULL,
  stock         BIGINT        NOT NULL,
  category      VARCHAR(64)   NOT NULL,
  image_url     VARCHAR(1024) NOT NULL,
  on_shelf      TINYINT(1)    NOT NULL,
  created_at_ms BIGINT        NOT NULL,
  updated_at_ms BIGINT        NOT NULL,
  deleted_at_ms BIGINT        NULL,
  PRIMARY KEY (id),
  KEY by_creation (created_at_ms, id),
  KEY by_price (price_fen, id),
  KEY by_category (category, id),
  CONSTRAINT stock_not_negative CHECK (stock >= 0),
  CONSTRAINT price_positive CHECK (price_fen > 0)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
