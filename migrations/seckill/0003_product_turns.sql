-- Locked while an activity of the product is recorded or moved: two drafts at once must see each other.
CREATE TABLE product_turns (
  product_id BIGINT NOT NULL,
  PRIMARY KEY (product_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
