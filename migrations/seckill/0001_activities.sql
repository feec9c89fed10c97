-- Flash sales. `state`: publishing (its stock is being moved), refused (there was not enough), published,
-- ended, cancelled. An intent is what is being done to it, recorded before anything moves and finished by any
-- replica; one at a time. `version` counts intents: stock moves and fences are keyed by it.
CREATE TABLE activities (
  id BIGINT NOT NULL AUTO_INCREMENT,
  product_id BIGINT NOT NULL,
  name VARCHAR(255) NOT NULL,
  description TEXT NOT NULL,
  product_name VARCHAR(255) NOT NULL,
  product_image VARCHAR(1024) NOT NULL,
  price_fen BIGINT NOT NULL,
  original_price_fen BIGINT NOT NULL,
  -- 0 while publishing "all there is".
  units BIGINT NOT NULL,
  limit_per_user INT NOT NULL,
  payment_window_s BIGINT NOT NULL,
  start_ms BIGINT NOT NULL,
  -- 0: open-ended.
  end_ms BIGINT NOT NULL,
  state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  version BIGINT NOT NULL,
  -- publish, edit, end, cancel; empty: none.
  intent VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  intent_units BIGINT NOT NULL,
  intent_start_ms BIGINT NOT NULL,
  intent_end_ms BIGINT NOT NULL,
  -- Whoever works on the intent has until then.
  intent_until_ms BIGINT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY k_activities_product (product_id, state),
  KEY k_activities_state (state, end_ms),
  KEY k_activities_intent (intent, intent_until_ms)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
