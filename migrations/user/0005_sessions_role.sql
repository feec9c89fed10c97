-- What the account was when it logged in: tokens of a session never say more. Sessions of before are buyers'.
ALTER TABLE sessions ADD COLUMN role VARCHAR(8) NOT NULL DEFAULT 'user' AFTER life;
