-- SPDX-License-Identifier: ISC

-- When the row was written. A transaction may have begun long before, and its rows would be removed before older ones.
ALTER TABLE log ALTER COLUMN at SET DEFAULT clock_timestamp();

-- The colons of a shortcode count too: 66 characters.
ALTER TABLE layer DROP CONSTRAINT layer_emoji_check;
ALTER TABLE layer ADD CONSTRAINT layer_emoji_check CHECK (length(emoji) <= 66);

-- What psql writes keeps to the limits of requests. Rows that do not are removed, which the pages of all machines hear.
SET LOCAL rollcall.origin = '';
DELETE FROM layer WHERE text ~ '[\u0001-\u001f\u007f-\u009f]' OR emoji ~ '[\u0001-\u0020\u007f-\u00a0]'
    OR (kind = 'claim') <> (name ~ '^[a-z0-9_-]{1,32}$') OR (kind <> 'claim' AND name <> '')
    OR (kind = 'base') <> (until_ms = 0) OR until_ms NOT BETWEEN 0 AND 253402300799999
    OR set_ms NOT BETWEEN 0 AND 253402300799999 OR priority NOT BETWEEN 0 AND 9;

ALTER TABLE layer
    ADD CONSTRAINT text_is_a_line CHECK (text !~ '[\u0001-\u001f\u007f-\u009f]'),
    ADD CONSTRAINT emoji_is_a_word CHECK (emoji !~ '[\u0001-\u0020\u007f-\u00a0]'),
    ADD CONSTRAINT claims_have_names CHECK (CASE kind WHEN 'claim' THEN name ~ '^[a-z0-9_-]{1,32}$' ELSE name = '' END),
    ADD CONSTRAINT only_the_base_has_no_end CHECK ((kind = 'base') = (until_ms = 0)),
    ADD CONSTRAINT times_are_ms CHECK (least(set_ms, until_ms) >= 0 AND greatest(set_ms, until_ms) <= 253402300799999),
    ADD CONSTRAINT priority_is_a_digit CHECK (priority BETWEEN 0 AND 9);
