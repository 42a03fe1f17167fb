/** What a past run asked for, so that it can be run again; null for runs of before. */
export const sql = `
ALTER TABLE history ADD COLUMN machine TEXT;
ALTER TABLE history ADD COLUMN request TEXT CHECK (request IS NULL OR json_valid(request));
`;
