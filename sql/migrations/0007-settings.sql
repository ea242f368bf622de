-- SPDX-License-Identifier: ISC
--
-- Whether a member takes part in saying who types: 0 neither sends nor receives it.
ALTER TABLE status ADD COLUMN typing INTEGER NOT NULL DEFAULT 1 CHECK (typing IN (0, 1));
