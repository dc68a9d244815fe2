-- What a review may spend is set aside before it does, and an attempt that was overtaken keeps nothing.

ALTER TABLE reviews ADD COLUMN reserved TEXT; -- the most that it may have spent, while that is not known; NULL for nothing set aside
ALTER TABLE reviews ADD COLUMN touched {int} NOT NULL DEFAULT 0; -- when it was written last
ALTER TABLE reviews ADD COLUMN epoch {int} NOT NULL DEFAULT 0; -- of the attempt that wrote it last
