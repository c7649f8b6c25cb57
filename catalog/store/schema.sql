-- Every table, key, CHECK and COMMENT of a catalog. The comments are the glossary and the
-- tooltips of the dashboard; a test fails where one is missing.
-- Large tables declare no PRIMARY KEY: its index would take 5 % of a small catalog and slow every
-- insert. A test checks that their keys (site, [threshold,] dimension | item) are unique.

CREATE TABLE build (
    schema_version   INTEGER NOT NULL,
    slug             VARCHAR NOT NULL,
    model            VARCHAR NOT NULL,
    revision         VARCHAR NOT NULL,
    architecture     VARCHAR NOT NULL,
    modality         VARCHAR NOT NULL CHECK (modality IN ('text', 'image', 'audio')),
    reading          VARCHAR NOT NULL,
    dtype            VARCHAR NOT NULL,
    attention        VARCHAR NOT NULL,
    device           VARCHAR NOT NULL,
    machine          VARCHAR NOT NULL,
    threads          INTEGER NOT NULL,
    batch_size       INTEGER NOT NULL CHECK (batch_size > 0),
    seed             BIGINT  NOT NULL,
    pilot_items      INTEGER NOT NULL,
    thresholds       VARCHAR[] NOT NULL,
    weights_hash     VARCHAR NOT NULL,
    identity         VARCHAR NOT NULL,
    source           VARCHAR NOT NULL,
    tokenizer        VARCHAR,
    parameters       BIGINT  NOT NULL,
    left_out         INTEGER,
    versions         VARCHAR NOT NULL,
    built_at         TIMESTAMP NOT NULL,
    seconds          DOUBLE  NOT NULL CHECK (seconds >= 0),
    content_hash     VARCHAR,
    findings_hash    VARCHAR
);
COMMENT ON TABLE build IS 'How this catalog was made: one row with the identity of the model and of the measurement.';
COMMENT ON COLUMN build.schema_version IS 'Version of this schema; another version is refused.';
COMMENT ON COLUMN build.slug IS 'Short name of the catalog, and its file name.';
COMMENT ON COLUMN build.model IS 'Hugging Face id, name of a shipped model, or folder.';
COMMENT ON COLUMN build.revision IS 'Commit of the model on the hub; for a folder weights- and 12 digits of the hash of its weights.';
COMMENT ON COLUMN build.architecture IS 'Class of the model in transformers.';
COMMENT ON COLUMN build.modality IS 'What the items are: text (vocabulary tokens), image or audio.';
COMMENT ON COLUMN build.reading IS 'How an item is shown and where it is read. Text: the template (bare = the id alone, special = the tokenizer''s own special tokens around it, or a string with {}, \n in it a newline), or context: each item is a position of a real text. Image, audio: the pooling.';
COMMENT ON COLUMN build.dtype IS 'Number format of the forward pass; another one flips some signs.';
COMMENT ON COLUMN build.attention IS 'Attention implementation of the forward pass.';
COMMENT ON COLUMN build.device IS 'Device of the forward pass.';
COMMENT ON COLUMN build.machine IS 'Processor of the machine; another one may round differently and so flip a sign.';
COMMENT ON COLUMN build.threads IS 'CPU threads of the forward pass; 0 where the device is not the CPU.';
COMMENT ON COLUMN build.batch_size IS 'Items per forward pass as asked for (in context: texts); the table chunk says what was used.';
COMMENT ON COLUMN build.seed IS 'Seed of the pilot sample.';
COMMENT ON COLUMN build.pilot_items IS 'Items of the pilot: the first chunk, from which medians and histogram edges are frozen.';
COMMENT ON COLUMN build.thresholds IS 'Thresholds whose signs are stored: zero, median or both.';
COMMENT ON COLUMN build.weights_hash IS 'SHA-256 of the weight files.';
COMMENT ON COLUMN build.identity IS 'SHA-256 of everything that can change a bit: model, reading, settings and versions.';
COMMENT ON COLUMN build.source IS 'What was asked for: the id or folder given to the build.';
COMMENT ON COLUMN build.tokenizer IS 'Class of the tokenizer; NULL for images and sounds.';
COMMENT ON COLUMN build.parameters IS 'Number of parameters of the model as loaded.';
COMMENT ON COLUMN build.left_out IS 'Rows of the embedding beyond the tokenizer''s highest id: padding, and no items; NULL for images and sounds.';
COMMENT ON COLUMN build.versions IS 'JSON object: versions of Python and of the libraries that made the file.';
COMMENT ON COLUMN build.built_at IS 'When the states stage was finished (UTC).';
COMMENT ON COLUMN build.seconds IS 'Seconds the states stage took, interruptions not counted.';
COMMENT ON COLUMN build.content_hash IS 'SHA-256 of items, signs, dimension statistics and poles: equal for resumed and uninterrupted builds.';
COMMENT ON COLUMN build.findings_hash IS 'SHA-256 of the findings (categories, features, evidence); NULL before they are made.';

CREATE TABLE reading_trial (
    position     INTEGER PRIMARY KEY,
    reading      VARCHAR NOT NULL,
    entropy_bits DOUBLE  NOT NULL,
    outliers     DOUBLE  NOT NULL,
    degenerate   DOUBLE  NOT NULL,
    seconds      DOUBLE  NOT NULL,
    chosen       BOOLEAN NOT NULL
);
COMMENT ON TABLE reading_trial IS 'Readings tried on 1,024 items before the build, simplest first; the rule that chose among them never sees a category. Empty where a reading was asked for.';
COMMENT ON COLUMN reading_trial.position IS 'Place of the reading, from the simplest on.';
COMMENT ON COLUMN reading_trial.reading IS 'The template, as in build.reading.';
COMMENT ON COLUMN reading_trial.entropy_bits IS 'Mean entropy of a sign (threshold zero) over the dimensions of all residual sites, in bits. The highest is chosen; readings within 0.02 bits of it are equally good.';
COMMENT ON COLUMN reading_trial.outliers IS 'Share of items x residual sites whose norm is above 5 times the least of the readings'' median norms: the mark of an attention sink. Of equally good readings the one with the fewest is chosen (within 0.01), then the simplest.';
COMMENT ON COLUMN reading_trial.degenerate IS 'Share of dimensions whose share positive is below 1 % or above 99 %, mean over the residual sites.';
COMMENT ON COLUMN reading_trial.seconds IS 'Seconds the trial of this reading took.';
COMMENT ON COLUMN reading_trial.chosen IS 'Whether the catalog was built in this reading.';

CREATE TABLE chunk (
    chunk      INTEGER PRIMARY KEY,
    first_item INTEGER NOT NULL,
    items      INTEGER NOT NULL CHECK (items > 0),
    batch_size INTEGER NOT NULL CHECK (batch_size > 0),
    threads    INTEGER NOT NULL
);
COMMENT ON TABLE chunk IS 'The pieces in which the items were computed, in order; chunk 0 is the pilot.';
COMMENT ON COLUMN chunk.chunk IS 'Number of the chunk.';
COMMENT ON COLUMN chunk.first_item IS 'Place of its first item in build order: pilot items first, then the rest by number.';
COMMENT ON COLUMN chunk.items IS 'Items in the chunk.';
COMMENT ON COLUMN chunk.batch_size IS 'Items per forward pass (in context: texts); halved after out-of-memory.';
COMMENT ON COLUMN chunk.threads IS 'CPU threads; 0 where the device is not the CPU.';

CREATE TABLE site (
    site       VARCHAR PRIMARY KEY,
    position   INTEGER NOT NULL,
    kind       VARCHAR NOT NULL CHECK (kind IN ('resid', 'final', 'k', 'v', 'ffn')),
    layer      INTEGER,
    dims       INTEGER CHECK (dims > 0),
    degenerate INTEGER,
    absent     VARCHAR,
    CHECK ((absent IS NULL) = (dims IS NOT NULL))
);
COMMENT ON TABLE site IS 'Where vectors were read: resid.0 = embeddings, resid.L = output of block L before the final norm, final = after the final norm, k.L and v.L = keys and values, ffn.L = input of the down projection.';
COMMENT ON COLUMN site.site IS 'Name of the site, such as resid.5.';
COMMENT ON COLUMN site.position IS 'Order in which sites are listed.';
COMMENT ON COLUMN site.kind IS 'Kind of site: resid, final, k, v or ffn.';
COMMENT ON COLUMN site.layer IS 'Block of the site, 1 to n (0 = embeddings); NULL for final.';
COMMENT ON COLUMN site.dims IS 'Number of dimensions; NULL where the site is absent.';
COMMENT ON COLUMN site.degenerate IS 'Dimensions whose share positive (threshold zero) is below 1 % or above 99 %: they carry almost no sign information. NULL where threshold zero is not stored.';
COMMENT ON COLUMN site.absent IS 'Why this model has no such site; NULL where it was read.';

CREATE TABLE item (
    item     INTEGER NOT NULL,
    token    VARCHAR NOT NULL,
    text     VARCHAR NOT NULL,
    kind     VARCHAR NOT NULL CHECK (kind IN ('word', 'piece', 'special', 'unused', 'image', 'sound')),
    word     VARCHAR,
    family   INTEGER NOT NULL
);
COMMENT ON TABLE item IS 'What was shown to the model once each: vocabulary tokens, images or sounds.';
COMMENT ON COLUMN item.item IS 'Number of the item, from 0; for text the token id, but in context a number like any.';
COMMENT ON COLUMN item.token IS 'Raw token string, or path of the file relative to the items folder.';
COMMENT ON COLUMN item.text IS 'Text to show: the space before a token is visible as ␣, control characters and lone bytes are escaped. In context the token stands between ⟦ and ⟧, some tokens around it.';
COMMENT ON COLUMN item.kind IS 'word (a whole word), piece (part of a word, number, punctuation, byte), special, unused, image or sound.';
COMMENT ON COLUMN item.word IS 'The token without leading space, case and diacritics; NULL where nothing is left.';
COMMENT ON COLUMN item.family IS 'Item that represents the family: all tokens equal after removing leading space, case, diacritics and regular inflection. Families are the unit of sampling.';

CREATE TABLE dimension (
    site      VARCHAR NOT NULL,
    dimension INTEGER NOT NULL,
    mean      DOUBLE  NOT NULL,
    std       DOUBLE  NOT NULL CHECK (std >= 0),
    mean_abs  DOUBLE  NOT NULL CHECK (mean_abs >= 0),
    minimum   FLOAT   NOT NULL,
    maximum   FLOAT   NOT NULL,
    q05       FLOAT   NOT NULL,
    q25       FLOAT   NOT NULL,
    q50       FLOAT   NOT NULL,
    q75       FLOAT   NOT NULL,
    q95       FLOAT   NOT NULL,
    low       FLOAT   NOT NULL,
    high      FLOAT   NOT NULL,
    histogram INTEGER[64] NOT NULL
);
COMMENT ON TABLE dimension IS 'Value statistics of every dimension of every site over all items.';
COMMENT ON COLUMN dimension.site IS 'Site of the dimension.';
COMMENT ON COLUMN dimension.dimension IS 'Number of the dimension, from 0.';
COMMENT ON COLUMN dimension.mean IS 'Mean state over all items (exact), in the model''s own units.';
COMMENT ON COLUMN dimension.std IS 'Standard deviation of the state over all items (exact, divided by N).';
COMMENT ON COLUMN dimension.mean_abs IS 'Mean absolute state, |x|, over all items (exact): the dimension''s magnitude.';
COMMENT ON COLUMN dimension.minimum IS 'Smallest state.';
COMMENT ON COLUMN dimension.maximum IS 'Largest state.';
COMMENT ON COLUMN dimension.q05 IS '5 % quantile of the state, from the histogram (right to one bin).';
COMMENT ON COLUMN dimension.q25 IS '25 % quantile of the state, from the histogram (right to one bin).';
COMMENT ON COLUMN dimension.q50 IS 'Median of the state, from the histogram (right to one bin).';
COMMENT ON COLUMN dimension.q75 IS '75 % quantile of the state, from the histogram (right to one bin).';
COMMENT ON COLUMN dimension.q95 IS '95 % quantile of the state, from the histogram (right to one bin).';
COMMENT ON COLUMN dimension.low IS 'Lower end of histogram bin 1, from the pilot; bin 0 is open below it.';
COMMENT ON COLUMN dimension.high IS 'Upper end of histogram bin 62, from the pilot; bin 63 is open above it.';
COMMENT ON COLUMN dimension.histogram IS 'Items per bin: 62 equal bins from low to high between two open end bins.';

CREATE TABLE dimension_sign (
    site           VARCHAR NOT NULL,
    threshold      VARCHAR NOT NULL CHECK (threshold IN ('zero', 'median')),
    dimension      INTEGER NOT NULL,
    value          FLOAT   NOT NULL,
    positives      INTEGER NOT NULL CHECK (positives >= 0),
    share_positive DOUBLE  NOT NULL CHECK (share_positive BETWEEN 0 AND 1),
    entropy_bits   DOUBLE  NOT NULL CHECK (entropy_bits BETWEEN 0 AND 1),
    stability      DOUBLE  CHECK (stability BETWEEN 0 AND 1),
    chance         DOUBLE  CHECK (chance BETWEEN 0 AND 1),
    kappa          DOUBLE  CHECK (kappa <= 1),
    frequency_auc  DOUBLE  CHECK (frequency_auc BETWEEN 0 AND 1),
    length_auc     DOUBLE  CHECK (length_auc BETWEEN 0 AND 1)
);
COMMENT ON TABLE dimension_sign IS 'Sign statistics of every dimension, for each threshold.';
COMMENT ON COLUMN dimension_sign.site IS 'Site of the dimension.';
COMMENT ON COLUMN dimension_sign.threshold IS 'What a state is compared with: zero (the paper), or the dimension''s median over the pilot.';
COMMENT ON COLUMN dimension_sign.dimension IS 'Number of the dimension, from 0.';
COMMENT ON COLUMN dimension_sign.value IS 'The threshold''s value, in the units of the state.';
COMMENT ON COLUMN dimension_sign.positives IS 'Items whose state is above the threshold.';
COMMENT ON COLUMN dimension_sign.share_positive IS 'Share positive: positives / all items. With threshold median constant by construction.';
COMMENT ON COLUMN dimension_sign.entropy_bits IS 'Entropy of the sign, H(p) in bits: 1 where both signs are equally common, 0 where the sign never varies.';
COMMENT ON COLUMN dimension_sign.stability IS 'Sign stability: share of items with the same sign at the next residual site; NULL at the last one and at other kinds of sites.';
COMMENT ON COLUMN dimension_sign.chance IS 'Chance level of the stability, were the two sites independent: p q + (1 - p)(1 - q).';
COMMENT ON COLUMN dimension_sign.kappa IS 'Cohen''s kappa of the stability: (stability - chance) / (1 - chance); NULL where chance is 1.';
COMMENT ON COLUMN dimension_sign.frequency_auc IS 'How well the sign alone tells frequent words from rare ones: ROC AUC, 1/2 + (p(+ | frequent) - p(+ | rare)) / 2, 0.5 where it does not. Frequent: the lower half of the ids of whole words, one per family. More than 0.1 from 0.5, the dimension may stand for frequency rather than meaning. NULL for images and sounds.';
COMMENT ON COLUMN dimension_sign.length_auc IS 'How well the sign alone tells long words from short ones: ROC AUC, 1/2 + (p(+ | long) - p(+ | short)) / 2, 0.5 where it does not. Long and short: more and fewer characters than the median whole word, one per family. NULL for images and sounds.';

CREATE TABLE pole (
    site      VARCHAR NOT NULL,
    dimension INTEGER NOT NULL,
    pole      VARCHAR NOT NULL CHECK (pole IN ('positive', 'negative', 'near zero', 'near median')),
    rank      SMALLINT NOT NULL CHECK (rank > 0),
    item      INTEGER NOT NULL,
    value     FLOAT   NOT NULL
);
COMMENT ON TABLE pole IS 'The items at both poles of every dimension (exact), and those nearest its thresholds.';
COMMENT ON COLUMN pole.site IS 'Site of the dimension.';
COMMENT ON COLUMN pole.dimension IS 'Number of the dimension, from 0.';
COMMENT ON COLUMN pole.pole IS 'positive (largest states), negative (smallest), near zero or near median (smallest distance from the threshold).';
COMMENT ON COLUMN pole.rank IS 'Place from the pole, 1 = most extreme (or nearest); equal states in order of item number.';
COMMENT ON COLUMN pole.item IS 'The item.';
COMMENT ON COLUMN pole.value IS 'Its state, in the model''s own units.';

CREATE TABLE signs_by_item (
    site      VARCHAR NOT NULL,
    threshold VARCHAR NOT NULL CHECK (threshold IN ('zero', 'median')),
    item      INTEGER NOT NULL,
    bits      BLOB    NOT NULL USING COMPRESSION uncompressed
);
COMMENT ON TABLE signs_by_item IS 'The signs of every item, one bit a dimension.';
COMMENT ON COLUMN signs_by_item.site IS 'Site of the signs.';
COMMENT ON COLUMN signs_by_item.threshold IS 'Threshold of the signs.';
COMMENT ON COLUMN signs_by_item.item IS 'The item.';
COMMENT ON COLUMN signs_by_item.bits IS 'Bit d % 8 (from the lowest) of byte d // 8 is 1 where dimension d is positive.';

CREATE TABLE signs_by_dimension (
    site      VARCHAR NOT NULL,
    threshold VARCHAR NOT NULL CHECK (threshold IN ('zero', 'median')),
    dimension INTEGER NOT NULL,
    bits      BLOB    NOT NULL USING COMPRESSION uncompressed
);
COMMENT ON TABLE signs_by_dimension IS 'The same signs by dimension, one bit an item (threshold zero; median where it is the only one).';
COMMENT ON COLUMN signs_by_dimension.site IS 'Site of the signs.';
COMMENT ON COLUMN signs_by_dimension.threshold IS 'Threshold of the signs.';
COMMENT ON COLUMN signs_by_dimension.dimension IS 'The dimension.';
COMMENT ON COLUMN signs_by_dimension.bits IS 'Bit i % 8 (from the lowest) of byte i // 8 is 1 where item i is positive.';


CREATE TABLE media_source (
    folder         VARCHAR NOT NULL,
    listed_by      VARCHAR NOT NULL CHECK (listed_by IN ('subfolders', 'labels', 'dataset')),
    files          INTEGER NOT NULL,
    ignored        INTEGER NOT NULL,
    skipped        INTEGER NOT NULL,
    duplicates     INTEGER NOT NULL,
    items_hash     VARCHAR NOT NULL,
    preprocessing  VARCHAR NOT NULL,
    window_seconds DOUBLE,
    prefix         INTEGER NOT NULL,
    grid_rows      INTEGER NOT NULL,
    grid_columns   INTEGER NOT NULL,
    grid_axes      VARCHAR NOT NULL
        CHECK (grid_axes IN ('height x width', 'frequency x time', 'time'))
);
COMMENT ON TABLE media_source IS 'Where images or sounds came from and how they were prepared: one row; none for text.';
COMMENT ON COLUMN media_source.folder IS 'The items folder as given to the build; originals are opened only from within it.';
COMMENT ON COLUMN media_source.listed_by IS 'subfolders (one per class), labels (a CSV) or dataset (saved by Hugging Face datasets).';
COMMENT ON COLUMN media_source.files IS 'Files wanted: images or sounds found, or rows of the CSV.';
COMMENT ON COLUMN media_source.ignored IS 'Files of other kinds in the folder.';
COMMENT ON COLUMN media_source.skipped IS 'Files wanted that could not be shown; the table media_skipped names them.';
COMMENT ON COLUMN media_source.duplicates IS 'Items whose file has the same bytes as an earlier item''s: they are one family with it.';
COMMENT ON COLUMN media_source.items_hash IS 'SHA-256 of all paths, classes and contents.';
COMMENT ON COLUMN media_source.preprocessing IS 'JSON object: class and settings of the model''s own processor.';
COMMENT ON COLUMN media_source.window_seconds IS 'Seconds of a sound that the model hears: longer is cut, shorter is padded; NULL for images.';
COMMENT ON COLUMN media_source.prefix IS 'Positions before the patches: CLS, distillation and register tokens.';
COMMENT ON COLUMN media_source.grid_rows IS 'Rows of the patch grid; for sounds frequency from low to high.';
COMMENT ON COLUMN media_source.grid_columns IS 'Columns of the patch grid; for sounds time over the whole window.';
COMMENT ON COLUMN media_source.grid_axes IS 'What rows and columns are: height x width, frequency x time, or time alone.';

CREATE TABLE media_skipped (
    path   VARCHAR NOT NULL,
    reason VARCHAR NOT NULL
);
COMMENT ON TABLE media_skipped IS 'Files that were wanted as items but could not be shown to the model.';
COMMENT ON COLUMN media_skipped.path IS 'Path relative to the items folder, control characters escaped.';
COMMENT ON COLUMN media_skipped.reason IS 'Why it was skipped, in one sentence.';

CREATE TABLE media (
    item         INTEGER NOT NULL,
    path         VARCHAR NOT NULL,
    label        VARCHAR,
    superclass   VARCHAR,
    sha256       VARCHAR NOT NULL,
    duplicate_of INTEGER,
    width        INTEGER,
    height       INTEGER,
    seconds      DOUBLE,
    rate         INTEGER
);
COMMENT ON TABLE media IS 'The file of every image or sound.';
COMMENT ON COLUMN media.item IS 'The item.';
COMMENT ON COLUMN media.path IS 'Path relative to the items folder (in a saved dataset: file#row).';
COMMENT ON COLUMN media.label IS 'Its class; NULL where none was given.';
COMMENT ON COLUMN media.superclass IS 'Its superclass; NULL where none was given.';
COMMENT ON COLUMN media.sha256 IS 'SHA-256 of the file''s bytes.';
COMMENT ON COLUMN media.duplicate_of IS 'The first item with the same bytes; NULL where it is the first.';
COMMENT ON COLUMN media.width IS 'Width of the upright image in pixels; NULL for sounds.';
COMMENT ON COLUMN media.height IS 'Height of the upright image in pixels; NULL for sounds.';
COMMENT ON COLUMN media.seconds IS 'Length of the sound; NULL for images.';
COMMENT ON COLUMN media.rate IS 'Samples a second in the file; NULL for images.';

CREATE TABLE media_preview (
    item  INTEGER NOT NULL,
    image BLOB    NOT NULL,
    sound BLOB
);
COMMENT ON TABLE media_preview IS 'What is needed to browse without the original files.';
COMMENT ON COLUMN media_preview.item IS 'The item.';
COMMENT ON COLUMN media_preview.image IS 'WebP: the image, at most 128 pixels a side; or the log-mel spectrogram of the part of the sound that the model hears (time to the right, low frequencies below).';
COMMENT ON COLUMN media_preview.sound IS 'OGG: at most the first 5 seconds, one channel, at the rate the model hears; NULL for images.';

CREATE TABLE patch_signs (
    site VARCHAR NOT NULL,
    item INTEGER NOT NULL,
    bits BLOB    NOT NULL
);
COMMENT ON TABLE patch_signs IS 'Signs (threshold zero) of every patch of every item at the site asked for with --per-patch.';
COMMENT ON COLUMN patch_signs.site IS 'The site.';
COMMENT ON COLUMN patch_signs.item IS 'The item.';
COMMENT ON COLUMN patch_signs.bits IS 'Patch after patch, row after row of the grid; each patch as in signs_by_item.bits.';

CREATE TABLE corpus (
    folder      VARCHAR NOT NULL,
    kept_as     VARCHAR NOT NULL CHECK (kept_as IN ('files', 'dataset')),
    documents   INTEGER NOT NULL,
    drawn       INTEGER NOT NULL,
    short       INTEGER NOT NULL,
    skipped     INTEGER NOT NULL,
    duplicates  INTEGER NOT NULL,
    tokens      BIGINT  NOT NULL,
    special     BIGINT  NOT NULL,
    sinks       BIGINT  NOT NULL,
    filling     BIGINT  NOT NULL,
    first_items INTEGER NOT NULL,
    "window"    INTEGER NOT NULL,
    "before"    INTEGER NOT NULL,
    "after"     INTEGER NOT NULL,
    of_document INTEGER NOT NULL,
    positions   INTEGER NOT NULL,
    words       DOUBLE  NOT NULL,
    texts_hash  VARCHAR NOT NULL
);
COMMENT ON TABLE corpus IS 'Texts whose positions are the items, in catalogs of the reading context: one row; none elsewhere.';
COMMENT ON COLUMN corpus.folder IS 'The folder or file given with --texts.';
COMMENT ON COLUMN corpus.kept_as IS 'files (.txt, .jsonl with a field text) or dataset (saved by Hugging Face datasets).';
COMMENT ON COLUMN corpus.documents IS 'Texts that were looked at.';
COMMENT ON COLUMN corpus.drawn IS 'Texts that were drawn; of each, one window was read.';
COMMENT ON COLUMN corpus.short IS 'Texts so short that no position of theirs can be an item.';
COMMENT ON COLUMN corpus.skipped IS 'Files or lines that are no text; the table corpus_skipped names them.';
COMMENT ON COLUMN corpus.duplicates IS 'Copies of a text that was drawn: they count once.';
COMMENT ON COLUMN corpus.tokens IS 'Positions that the model read.';
COMMENT ON COLUMN corpus.special IS 'Special tokens among them, which are no items.';
COMMENT ON COLUMN corpus.sinks IS 'First positions among them, which are no items: attention sinks, and too little context.';
COMMENT ON COLUMN corpus.filling IS 'Positions that only fill short texts up to the window: they are no items, and no token feels them.';
COMMENT ON COLUMN corpus.first_items IS 'Positions at the beginning of a window that are no items.';
COMMENT ON COLUMN corpus."window" IS 'Tokens of a text that are read at most.';
COMMENT ON COLUMN corpus."before" IS 'Tokens before an item that are shown with it.';
COMMENT ON COLUMN corpus."after" IS 'Tokens after an item that are shown with it.';
COMMENT ON COLUMN corpus.of_document IS 'Items of one text at most.';
COMMENT ON COLUMN corpus.positions IS 'Items that were asked for.';
COMMENT ON COLUMN corpus.words IS 'Share of the items that are whole words: low where the tokenizer was made for another language or script.';
COMMENT ON COLUMN corpus.texts_hash IS 'SHA-256 of all texts, in whatever order and under whatever names.';

CREATE TABLE corpus_skipped (
    name   VARCHAR NOT NULL,
    reason VARCHAR NOT NULL
);
COMMENT ON TABLE corpus_skipped IS 'Files or lines that were wanted as texts but could not be read.';
COMMENT ON COLUMN corpus_skipped.name IS 'File, or file and line.';
COMMENT ON COLUMN corpus_skipped.reason IS 'Why it was skipped, in one sentence.';

CREATE TABLE document (
    document        INTEGER NOT NULL,
    name            VARCHAR NOT NULL,
    first_character BIGINT  NOT NULL,
    cut             BOOLEAN NOT NULL,
    ids             INTEGER[] NOT NULL
);
COMMENT ON TABLE document IS 'Texts that were read, in catalogs of the reading context.';
COMMENT ON COLUMN document.document IS 'Number of the text, in a random order.';
COMMENT ON COLUMN document.name IS 'File, or file and line.';
COMMENT ON COLUMN document.first_character IS 'Character at which the window that was read begins.';
COMMENT ON COLUMN document.cut IS 'Whether more text stands before or after the window.';
COMMENT ON COLUMN document.ids IS 'Token ids exactly as the model read them.';

CREATE TABLE token (
    token INTEGER NOT NULL,
    text  VARCHAR NOT NULL
);
COMMENT ON TABLE token IS 'Spelling of every token id that stands in a text that was read.';
COMMENT ON COLUMN token.token IS 'The token id.';
COMMENT ON COLUMN token.text IS 'What it adds to a running text; unprintable characters escaped.';

CREATE TABLE position (
    item     INTEGER NOT NULL,
    document INTEGER NOT NULL,
    place    INTEGER NOT NULL,
    token    INTEGER NOT NULL
);
COMMENT ON TABLE position IS 'Where every item stands, in catalogs of the reading context.';
COMMENT ON COLUMN position.item IS 'The item.';
COMMENT ON COLUMN position.document IS 'Its text.';
COMMENT ON COLUMN position.place IS 'Its place among the ids of the text, from 0.';
COMMENT ON COLUMN position.token IS 'Its token id.';

CREATE TABLE example (
    site        VARCHAR NOT NULL,
    dimension   INTEGER NOT NULL,
    part        VARCHAR NOT NULL CHECK (part IN
        ('positive', 'negative', 'band 1', 'band 2', 'band 3', 'band 4', 'band 5')),
    items       INTEGER[] NOT NULL,
    "values"    FLOAT[] NOT NULL,
    tints       BLOB    NOT NULL USING COMPRESSION zstd,
    passed_over INTEGER
);
COMMENT ON TABLE example IS 'Examples of every dimension in real text, in catalogs of the reading context: its poles, and positions drawn from five equal bands of its values.';
COMMENT ON COLUMN example.site IS 'Site of the dimension.';
COMMENT ON COLUMN example.dimension IS 'Number of the dimension, from 0.';
COMMENT ON COLUMN example.part IS 'positive or negative (the strongest positions, at most 2 of a text and 4 of a family), or band 1 to 5 (random positions of five equal bands from low to high; the end bands are open).';
COMMENT ON COLUMN example.items IS 'The items of a band. Empty for a pole: its first items stand in the table pole.';
COMMENT ON COLUMN example."values" IS 'Their states, in the model''s own units; empty for a pole.';
COMMENT ON COLUMN example.tints IS 'For each item (of a pole, for each of its first 8) 17 bytes: the dimension''s value at the 24 tokens before it, at itself and at the 8 after it, as codes 0 to 15 from dimension.low to dimension.high, two to a byte, the first in the low half.';
COMMENT ON COLUMN example.passed_over IS 'Positions stronger than the last of the 32 at the pole that were passed over, because their text or family had its share already; counted among the 64 strongest. NULL for bands.';

CREATE TABLE category (
    category    VARCHAR PRIMARY KEY,
    description VARCHAR NOT NULL,
    "group"     VARCHAR,
    kind        VARCHAR NOT NULL,
    cyclic      BOOLEAN NOT NULL,
    words       INTEGER NOT NULL,
    found       INTEGER NOT NULL,
    families    INTEGER NOT NULL,
    status      VARCHAR NOT NULL CHECK (status IN ('measured', 'small', 'skipped')),
    reason      VARCHAR
);
COMMENT ON TABLE category IS 'Named sets of items that features are read from: one word list each.';
COMMENT ON COLUMN category.category IS 'Name of the category: its file without the ending.';
COMMENT ON COLUMN category.description IS 'What belongs to it, in one sentence.';
COMMENT ON COLUMN category."group" IS 'Larger theme it is listed under.';
COMMENT ON COLUMN category.kind IS 'What its words are matched to: word (whole words), piece or symbol.';
COMMENT ON COLUMN category.cyclic IS 'Whether its words follow each other in a circle, as months do.';
COMMENT ON COLUMN category.words IS 'Words in the list.';
COMMENT ON COLUMN category.found IS 'Words that are single tokens of this vocabulary.';
COMMENT ON COLUMN category.families IS 'Families among them: the number of independent members.';
COMMENT ON COLUMN category.status IS 'measured, small (20 to 39 families: measured without a verdict) or skipped (fewer than 20).';
COMMENT ON COLUMN category.reason IS 'Why it was skipped, or which words were doubled; NULL otherwise.';

CREATE TABLE member (
    category VARCHAR NOT NULL,
    item     INTEGER NOT NULL,
    word     VARCHAR NOT NULL
);
COMMENT ON TABLE member IS 'Members of every category that was not skipped, and of every circle: one item per family, in the order of the list.';
COMMENT ON COLUMN member.category IS 'The category.';
COMMENT ON COLUMN member.item IS 'The item that represents the family.';
COMMENT ON COLUMN member.word IS 'The word of the list that led to it.';

CREATE TABLE feature (
    category       VARCHAR NOT NULL,
    site           VARCHAR NOT NULL,
    threshold      VARCHAR NOT NULL CHECK (threshold IN ('zero', 'median')),
    background     VARCHAR NOT NULL CHECK (background IN ('all', 'words', 'matched')),
    anchors        INTEGER NOT NULL,
    held_out       INTEGER NOT NULL,
    pool           INTEGER NOT NULL,
    widened        INTEGER NOT NULL,
    auc            DOUBLE NOT NULL CHECK (auc BETWEEN 0 AND 1),
    auc_low        DOUBLE CHECK (auc_low BETWEEN 0 AND auc),
    auc_high       DOUBLE CHECK (auc_high BETWEEN auc AND 1),
    reliability    DOUBLE CHECK (reliability <= 1),
    sd             DOUBLE NOT NULL,
    null_mean      DOUBLE,
    null_p95       DOUBLE,
    null_draws     INTEGER,
    p              DOUBLE,
    q              DOUBLE,
    coherence      DOUBLE,
    confusable     VARCHAR,
    confusable_auc DOUBLE,
    dimensions     INTEGER NOT NULL,
    fallback       BOOLEAN NOT NULL,
    fallback_share DOUBLE NOT NULL,
    firing_level   DOUBLE NOT NULL,
    best_dimension INTEGER NOT NULL,
    best_in_sample DOUBLE NOT NULL,
    best_held_out  DOUBLE NOT NULL,
    best_q         DOUBLE NOT NULL,
    small          BOOLEAN NOT NULL
);
COMMENT ON TABLE feature IS 'Every category measured at every site, threshold and background.';
COMMENT ON COLUMN feature.category IS 'The category.';
COMMENT ON COLUMN feature.site IS 'The site.';
COMMENT ON COLUMN feature.threshold IS 'The threshold.';
COMMENT ON COLUMN feature.background IS 'What members are told apart from: all items, words (whole words), or matched (20 items per member of the same script, case, leading space, length band and frequency stratum).';
COMMENT ON COLUMN feature.anchors IS 'Families the feature is registered on.';
COMMENT ON COLUMN feature.held_out IS 'Families it is tested on.';
COMMENT ON COLUMN feature.pool IS 'Items in the pool: background and members.';
COMMENT ON COLUMN feature.widened IS 'Members whose matched stratum had to be widened.';
COMMENT ON COLUMN feature.auc IS 'Prototype AUC: ROC AUC of agreement, held-out members against the background, ties half; mean over 20 splits.';
COMMENT ON COLUMN feature.auc_low IS 'Lower end of the 95 % interval of the prototype AUC over families: where its mean over other sets of as many such families would lie. Their choice as examples is in it; tried on planted worlds, it covers about 95 % from 20 to 160 families.';
COMMENT ON COLUMN feature.auc_high IS 'Upper end of the 95 % interval of the prototype AUC.';
COMMENT ON COLUMN feature.reliability IS 'Split-half reliability: do two halves of the members mark the same dimensions? Correlation (about 0) of the contrasts p_c - p of two random halves over all dimensions, mean of 20 pairs of halves, stepped up to the whole list (Spearman-Brown). Random sets give about 0; near 1, other members would mark the same dimensions. NULL where no sign varies.';
COMMENT ON COLUMN feature.sd IS 'Standard deviation of the prototype AUC over the 20 splits. Splits share their members, so it is no standard error of the AUC: see auc_low and auc_high.';
COMMENT ON COLUMN feature.null_mean IS 'Mean prototype AUC of random sets of families of the same size from the same background; NULL where no null was drawn.';
COMMENT ON COLUMN feature.null_p95 IS '95th percentile of the null.';
COMMENT ON COLUMN feature.null_draws IS 'Draws of the null: 200, and more where they decide something, to 20,000 at most.';
COMMENT ON COLUMN feature.p IS 'Share of null sets that reach the AUC: (1 + b) / (1 + B).';
COMMENT ON COLUMN feature.q IS 'Benjamini-Hochberg q of p over all categories but small ones and all sites at the primary threshold and background; a site with the same signs as an earlier one shows its q; NULL elsewhere and for small ones.';
COMMENT ON COLUMN feature.coherence IS 'AUC of held-out members against the members of all other categories: a stronger control than random sets.';
COMMENT ON COLUMN feature.confusable IS 'The category it is told apart from worst.';
COMMENT ON COLUMN feature.confusable_auc IS 'AUC against the members of that category.';
COMMENT ON COLUMN feature.dimensions IS 'Registered dimensions of the feature shown (split 0).';
COMMENT ON COLUMN feature.fallback IS 'Whether fewer than 8 dimensions reached the registration level, so that the strongest were taken.';
COMMENT ON COLUMN feature.fallback_share IS 'Share of the 20 splits that fell back.';
COMMENT ON COLUMN feature.firing_level IS '5th percentile of the agreement of held-out members; an item fires above it.';
COMMENT ON COLUMN feature.best_dimension IS 'Strongest dimension on the anchors.';
COMMENT ON COLUMN feature.best_in_sample IS 'Its AUC on those anchors: the paper''s procedure, which flatters.';
COMMENT ON COLUMN feature.best_held_out IS 'Held-out AUC of the dimension chosen on the anchors, mean over the splits.';
COMMENT ON COLUMN feature.best_q IS 'Benjamini-Hochberg q of the best dimension, over all dimensions and categories of this site, threshold and background.';
COMMENT ON COLUMN feature.small IS 'Fewer than 20 anchor or 20 held-out families: no verdict.';

CREATE TABLE feature_dimension (
    category   VARCHAR NOT NULL,
    site       VARCHAR NOT NULL,
    threshold  VARCHAR NOT NULL,
    background VARCHAR NOT NULL,
    dimension  INTEGER NOT NULL,
    sign       TINYINT NOT NULL CHECK (sign IN (-1, 1)),
    auc        FLOAT NOT NULL,
    p          DOUBLE NOT NULL,
    q          DOUBLE NOT NULL
);
COMMENT ON TABLE feature_dimension IS 'The prototype of every feature: its registered dimensions and their expected signs.';
COMMENT ON COLUMN feature_dimension.category IS 'The category.';
COMMENT ON COLUMN feature_dimension.site IS 'The site.';
COMMENT ON COLUMN feature_dimension.threshold IS 'The threshold.';
COMMENT ON COLUMN feature_dimension.background IS 'The background.';
COMMENT ON COLUMN feature_dimension.dimension IS 'The dimension.';
COMMENT ON COLUMN feature_dimension.sign IS 'Expected sign: +1 or -1.';
COMMENT ON COLUMN feature_dimension.auc IS 'Sign AUC on the anchors: 1/2 + (share positive of anchors - of the pool) / 2.';
COMMENT ON COLUMN feature_dimension.p IS 'Two-sided hypergeometric p of the positive anchors.';
COMMENT ON COLUMN feature_dimension.q IS 'Benjamini-Hochberg q over all dimensions and categories of this site, threshold and background.';

CREATE TABLE feature_null (
    site       VARCHAR NOT NULL,
    threshold  VARCHAR NOT NULL,
    background VARCHAR NOT NULL,
    category   VARCHAR,
    size       INTEGER NOT NULL,
    aucs       FLOAT[] NOT NULL
);
COMMENT ON TABLE feature_null IS 'Null draws: prototype AUC of random sets of families, the whole procedure repeated.';
COMMENT ON COLUMN feature_null.site IS 'The site.';
COMMENT ON COLUMN feature_null.threshold IS 'The threshold.';
COMMENT ON COLUMN feature_null.background IS 'The background.';
COMMENT ON COLUMN feature_null.category IS 'The category whose strata were drawn from (background matched); NULL where categories of one size share the null.';
COMMENT ON COLUMN feature_null.size IS 'Families per random set.';
COMMENT ON COLUMN feature_null.aucs IS 'Prototype AUC of the first 2,000 draws at most, in order of drawing.';

CREATE TABLE discovery (
    site             VARCHAR NOT NULL,
    threshold        VARCHAR NOT NULL,
    seeds            INTEGER NOT NULL,
    yield            DOUBLE NOT NULL,
    auc              DOUBLE NOT NULL,
    null_auc         DOUBLE NOT NULL,
    null_p95         DOUBLE NOT NULL,
    null_sparsity    DOUBLE NOT NULL,
    gaussian_yield   DOUBLE NOT NULL,
    gaussian_auc     DOUBLE NOT NULL,
    sparsity         DOUBLE NOT NULL,
    kept             INTEGER NOT NULL,
    paper_yield      DOUBLE NOT NULL,
    paper_coin_yield DOUBLE NOT NULL
);
COMMENT ON TABLE discovery IS 'One search for unsupervised features at a site, with its nulls.';
COMMENT ON COLUMN discovery.site IS 'The site.';
COMMENT ON COLUMN discovery.threshold IS 'The threshold.';
COMMENT ON COLUMN discovery.seeds IS 'Random seed items that were tried.';
COMMENT ON COLUMN discovery.yield IS 'Yield: share of the seeds with q < 0.05 against column-permuted signs.';
COMMENT ON COLUMN discovery.auc IS 'Mean AUC of the test neighbours, on dimensions that did not choose them.';
COMMENT ON COLUMN discovery.null_auc IS 'The same on column-permuted signs (about 0.5).';
COMMENT ON COLUMN discovery.null_p95 IS '95th percentile of the AUC on column-permuted signs.';
COMMENT ON COLUMN discovery.null_sparsity IS 'Median share of items that fire, on column-permuted signs.';
COMMENT ON COLUMN discovery.gaussian_yield IS 'Yield on signs of a Gaussian with the same share positive and the same pairwise correlations: discrete features must beat it.';
COMMENT ON COLUMN discovery.gaussian_auc IS 'Mean AUC on those Gaussian signs.';
COMMENT ON COLUMN discovery.sparsity IS 'Median share of items that fire, the seed and its neighbours left out.';
COMMENT ON COLUMN discovery.kept IS 'Features left after merging those whose firing sets overlap by more than half (Jaccard).';
COMMENT ON COLUMN discovery.paper_yield IS 'Yield of the paper''s procedure: neighbours found and tested on the same dimensions, against random sets of 50.';
COMMENT ON COLUMN discovery.paper_coin_yield IS 'Yield of the paper''s procedure on column-permuted signs, which hold no features at all: what it is worth.';

CREATE TABLE discovered (
    name               VARCHAR NOT NULL,
    site               VARCHAR NOT NULL,
    threshold          VARCHAR NOT NULL,
    seed_item          INTEGER NOT NULL,
    auc                DOUBLE NOT NULL,
    p                  DOUBLE NOT NULL,
    q                  DOUBLE NOT NULL,
    sparsity           DOUBLE NOT NULL,
    dimensions         INTEGER NOT NULL,
    fallback           BOOLEAN NOT NULL,
    merged             INTEGER NOT NULL,
    category           VARCHAR,
    category_auc       DOUBLE
);
COMMENT ON TABLE discovered IS 'Unsupervised features that were kept after merging, strongest first.';
COMMENT ON COLUMN discovered.name IS 'Name: a hash of its signed dimensions.';
COMMENT ON COLUMN discovered.site IS 'The site.';
COMMENT ON COLUMN discovered.threshold IS 'The threshold.';
COMMENT ON COLUMN discovered.seed_item IS 'The item whose neighbourhood it was made from.';
COMMENT ON COLUMN discovered.auc IS 'AUC of the 25 test neighbours against items that are no neighbours, on dimensions that did not choose them.';
COMMENT ON COLUMN discovered.p IS 'p against the same procedure on column-permuted signs.';
COMMENT ON COLUMN discovered.q IS 'Benjamini-Hochberg q over all seeds of the search.';
COMMENT ON COLUMN discovered.sparsity IS 'Share of items that fire, the seed and its neighbours left out.';
COMMENT ON COLUMN discovered.dimensions IS 'Registered dimensions.';
COMMENT ON COLUMN discovered.fallback IS 'Whether too few dimensions reached the registration level.';
COMMENT ON COLUMN discovered.merged IS 'Seeds whose features were merged into it, itself included.';
COMMENT ON COLUMN discovered.category IS 'Category whose members agree with it most.';
COMMENT ON COLUMN discovered.category_auc IS 'AUC of that category''s members against other items by this feature''s agreement (the largest over categories, so flattering).';

CREATE TABLE discovered_dimension (
    name      VARCHAR NOT NULL,
    dimension INTEGER NOT NULL,
    sign      TINYINT NOT NULL CHECK (sign IN (-1, 1))
);
COMMENT ON TABLE discovered_dimension IS 'The signed dimensions of every discovered feature.';
COMMENT ON COLUMN discovered_dimension.name IS 'The discovered feature.';
COMMENT ON COLUMN discovered_dimension.dimension IS 'The dimension.';
COMMENT ON COLUMN discovered_dimension.sign IS 'Expected sign: +1 or -1.';

CREATE TABLE coalition (
    kind               VARCHAR NOT NULL CHECK (kind IN ('category', 'discovered')),
    name               VARCHAR NOT NULL,
    site               VARCHAR NOT NULL,
    threshold          VARCHAR NOT NULL CHECK (threshold IN ('zero', 'median')),
    dimensions         INTEGER NOT NULL,
    neurons            INTEGER NOT NULL,
    held_out           DOUBLE NOT NULL CHECK (held_out BETWEEN 0 AND 1),
    sd                 DOUBLE NOT NULL,
    null_mean          DOUBLE NOT NULL,
    null_p95           DOUBLE NOT NULL,
    p                  DOUBLE NOT NULL,
    q                  DOUBLE,
    gaussian_p95       DOUBLE NOT NULL,
    permuted_p95       DOUBLE NOT NULL,
    in_sample          DOUBLE NOT NULL,
    gaussian_in_sample DOUBLE NOT NULL,
    null_in_sample     DOUBLE NOT NULL,
    best               DOUBLE NOT NULL,
    best_null_p95      DOUBLE NOT NULL,
    best_gaussian_p95  DOUBLE NOT NULL,
    best_permuted_p95  DOUBLE NOT NULL,
    writers            INTEGER NOT NULL,
    null_writers       DOUBLE NOT NULL,
    nulls              FLOAT[] NOT NULL,
    verdict            VARCHAR NOT NULL
        CHECK (verdict IN ('written', 'not above its nulls', 'no verdict'))
);
COMMENT ON TABLE coalition IS 'Whether the FFN neurons before a site write a feature (background matched): 200 neurons chosen by their columns of W_down, their majority vote scored on dimensions that did not choose them.';
COMMENT ON COLUMN coalition.kind IS 'Whether the feature is that of a category or a discovered one.';
COMMENT ON COLUMN coalition.name IS 'The category, or the name of the discovered feature.';
COMMENT ON COLUMN coalition.site IS 'The site.';
COMMENT ON COLUMN coalition.threshold IS 'The threshold.';
COMMENT ON COLUMN coalition.dimensions IS 'Registered dimensions; below 64 there is no verdict.';
COMMENT ON COLUMN coalition.neurons IS 'Neurons searched: those of all blocks before the site.';
COMMENT ON COLUMN coalition.held_out IS 'Held-out agreement: 200 neurons and their polarities are chosen on a random half of the dimensions, and their majority vote is scored on the other half; mean over 20 splits.';
COMMENT ON COLUMN coalition.sd IS 'Standard deviation of the held-out agreement over the splits.';
COMMENT ON COLUMN coalition.null_mean IS 'Mean held-out agreement of the same weights with prototypes of random item sets.';
COMMENT ON COLUMN coalition.null_p95 IS '95th percentile of the same: random item sets of the same size and background, as many dimensions.';
COMMENT ON COLUMN coalition.p IS 'Share of random item sets that reach the held-out agreement: (1 + b) / (1 + B), B = 200, up to 2,000 while fewer than 10 do.';
COMMENT ON COLUMN coalition.q IS 'Benjamini-Hochberg q of p over the features of this kind, site and threshold; NULL where there is no verdict.';
COMMENT ON COLUMN coalition.gaussian_p95 IS '95th percentile of the held-out agreement of Gaussian weights (mean 0.50).';
COMMENT ON COLUMN coalition.permuted_p95 IS '95th percentile of the held-out agreement where signs are permuted across neurons, each dimension by itself.';
COMMENT ON COLUMN coalition.in_sample IS 'The paper''s procedure: neurons chosen and scored on the same dimensions, which flatters any weights.';
COMMENT ON COLUMN coalition.gaussian_in_sample IS 'What the paper''s procedure gives on Gaussian weights, on average.';
COMMENT ON COLUMN coalition.null_in_sample IS 'What the paper''s procedure gives on prototypes of random item sets, on average.';
COMMENT ON COLUMN coalition.best IS 'Largest max(a, 1 - a) of a single neuron, a being the share of registered dimensions with the sign of its column.';
COMMENT ON COLUMN coalition.best_null_p95 IS '95th percentile of the largest max(a, 1 - a) over all neurons searched, on prototypes of random item sets.';
COMMENT ON COLUMN coalition.best_gaussian_p95 IS 'The same percentile for Gaussian weights (exact).';
COMMENT ON COLUMN coalition.best_permuted_p95 IS 'The same percentile where signs are permuted across neurons.';
COMMENT ON COLUMN coalition.writers IS 'Writers: neurons with max(a, 1 - a) above 0.70 and above all three of these percentiles.';
COMMENT ON COLUMN coalition.null_writers IS 'Share of random item sets that have such a neuron.';
COMMENT ON COLUMN coalition.nulls IS 'Held-out agreement of each random item set, in order of drawing.';
COMMENT ON COLUMN coalition.verdict IS 'written: q < 0.05 against random item sets, and above the 95th percentiles of Gaussian and permuted weights; else not above its nulls; no verdict below 64 dimensions or 20 anchor or held-out families.';

CREATE TABLE writer (
    kind      VARCHAR NOT NULL CHECK (kind IN ('category', 'discovered')),
    name      VARCHAR NOT NULL,
    site      VARCHAR NOT NULL,
    threshold VARCHAR NOT NULL,
    rank      INTEGER NOT NULL CHECK (rank > 0),
    layer     INTEGER NOT NULL CHECK (layer > 0),
    neuron    INTEGER NOT NULL CHECK (neuron >= 0),
    agreement DOUBLE NOT NULL CHECK (agreement BETWEEN 0 AND 1),
    polarity  TINYINT NOT NULL CHECK (polarity IN (-1, 1)),
    norm      DOUBLE NOT NULL,
    writer    BOOLEAN NOT NULL
);
COMMENT ON TABLE writer IS 'The FFN neurons whose columns of W_down agree most, or least, with a feature.';
COMMENT ON COLUMN writer.kind IS 'Whether the feature is that of a category or a discovered one.';
COMMENT ON COLUMN writer.name IS 'The category, or the name of the discovered feature.';
COMMENT ON COLUMN writer.site IS 'The site.';
COMMENT ON COLUMN writer.threshold IS 'The threshold.';
COMMENT ON COLUMN writer.rank IS 'Place by max(a, 1 - a), from 1; ties by the length of the column.';
COMMENT ON COLUMN writer.layer IS 'Block of the neuron, from 1.';
COMMENT ON COLUMN writer.neuron IS 'Number of the neuron within the FFN of its block, from 0.';
COMMENT ON COLUMN writer.agreement IS 'Agreement a: share of the registered dimensions with the sign of the neuron''s column.';
COMMENT ON COLUMN writer.polarity IS '+1: a positive activation writes the feature; -1: a negative one does.';
COMMENT ON COLUMN writer.norm IS 'Length of the column of W_down, a norm after the FFN folded in.';
COMMENT ON COLUMN writer.writer IS 'Whether max(a, 1 - a) is above 0.70 and above the 95th percentiles of its nulls.';

CREATE TABLE dimension_writer (
    dimension INTEGER NOT NULL,
    layer     INTEGER NOT NULL CHECK (layer > 0),
    rank      INTEGER NOT NULL CHECK (rank > 0),
    neuron    INTEGER NOT NULL CHECK (neuron >= 0),
    weight    FLOAT NOT NULL,
    times_rms FLOAT NOT NULL
);
COMMENT ON TABLE dimension_writer IS 'The neurons of every block that write most to a dimension of the residual stream.';
COMMENT ON COLUMN dimension_writer.dimension IS 'The dimension, the same number at every residual site.';
COMMENT ON COLUMN dimension_writer.layer IS 'Block of the neuron, from 1.';
COMMENT ON COLUMN dimension_writer.rank IS 'Place by |weight| within the block, from 1.';
COMMENT ON COLUMN dimension_writer.neuron IS 'Number of the neuron within the FFN of its block, from 0.';
COMMENT ON COLUMN dimension_writer.weight IS 'What one unit of the neuron''s activation adds to the dimension: its entry of W_down, a norm after the FFN folded in.';
COMMENT ON COLUMN dimension_writer.times_rms IS 'The size of the weight over the root mean square of all weights of the block into this dimension; the largest of a thousand Gaussian weights is about 3.3.';

CREATE TABLE evidence (
    claim     VARCHAR PRIMARY KEY,
    position  INTEGER NOT NULL,
    statement VARCHAR NOT NULL,
    measure   VARCHAR NOT NULL,
    value     DOUBLE,
    low       DOUBLE,
    high      DOUBLE,
    controls  VARCHAR NOT NULL,
    strongest VARCHAR,
    paper     VARCHAR NOT NULL,
    verdict   VARCHAR NOT NULL
        CHECK (verdict IN ('holds', 'partly', 'does not hold', 'undecided', 'cannot be tested')),
    reason    VARCHAR NOT NULL,
    method    VARCHAR NOT NULL,
    n         INTEGER NOT NULL,
    unit      VARCHAR NOT NULL,
    cell      VARCHAR NOT NULL,
    curves    VARCHAR NOT NULL,
    seconds   DOUBLE NOT NULL
);
COMMENT ON TABLE evidence IS 'The claims of the paper (arXiv 2606.12629), each tested on this model beside its strongest control.';
COMMENT ON COLUMN evidence.claim IS 'Short name of the claim.';
COMMENT ON COLUMN evidence.position IS 'Order of the rows.';
COMMENT ON COLUMN evidence.statement IS 'The claim in plain words.';
COMMENT ON COLUMN evidence.measure IS 'What the figure is, with its unit.';
COMMENT ON COLUMN evidence.value IS 'The figure of this model; NULL where the claim cannot be tested.';
COMMENT ON COLUMN evidence.low IS 'Lower end of its 95 % interval.';
COMMENT ON COLUMN evidence.high IS 'Upper end of its 95 % interval.';
COMMENT ON COLUMN evidence.controls IS 'JSON object: controls and figures beside it, by name.';
COMMENT ON COLUMN evidence.strongest IS 'The control that the verdict was made against.';
COMMENT ON COLUMN evidence.paper IS 'The paper''s figures.';
COMMENT ON COLUMN evidence.verdict IS 'holds: beats its strongest control and reaches 90 % of the paper''s lowest figure; partly: beats the random null only, or falls short; does not hold: does not beat the null. Of a claim that something is absent: holds where the 95 % interval lies inside a margin fixed beforehand, does not hold where it lies outside, else undecided. Cannot be tested: too few items, or the model is not there.';
COMMENT ON COLUMN evidence.reason IS 'Why this verdict, in one sentence.';
COMMENT ON COLUMN evidence.method IS 'How the figure, its interval and its controls are made.';
COMMENT ON COLUMN evidence.n IS 'Units that were resampled for the interval.';
COMMENT ON COLUMN evidence.unit IS 'What n counts.';
COMMENT ON COLUMN evidence.cell IS 'Site, threshold, background and reading, fixed beforehand.';
COMMENT ON COLUMN evidence.curves IS 'JSON object: points of the row''s plot, the first list being the axis.';
COMMENT ON COLUMN evidence.seconds IS 'Seconds the row took.';

CREATE TABLE flip_run (
    category    VARCHAR NOT NULL,
    site        VARCHAR NOT NULL,
    scale       DOUBLE  NOT NULL,
    threshold   VARCHAR,
    dimensions  INTEGER,
    prompts     INTEGER,
    sources     INTEGER,
    tokens      INTEGER,
    worst_match DOUBLE,
    worst_prompt DOUBLE,
    random_features INTEGER,
    reached     INTEGER,
    categories  INTEGER,
    as_low      INTEGER,
    verdict     VARCHAR NOT NULL
        CHECK (verdict IN ('suppresses', 'non-specific', 'no effect', 'cannot be tested')),
    reason      VARCHAR NOT NULL,
    p           DOUBLE CHECK (p BETWEEN 0 AND 1),
    q           DOUBLE CHECK (q BETWEEN 0 AND 1)
);
COMMENT ON TABLE flip_run IS 'Flips of categories in the live forward pass, over the shipped prompts: every residual layer at scale 1, several scales at the primary site.';
COMMENT ON COLUMN flip_run.category IS 'Category whose feature was flipped.';
COMMENT ON COLUMN flip_run.site IS 'Residual site of the flip.';
COMMENT ON COLUMN flip_run.scale IS 'Times the change: 1 is the flip.';
COMMENT ON COLUMN flip_run.threshold IS 'Threshold of the signs; NULL where the flip could not be matched.';
COMMENT ON COLUMN flip_run.dimensions IS 'Dimensions of the feature.';
COMMENT ON COLUMN flip_run.prompts IS 'Prompts, half neutral, half concept-eliciting.';
COMMENT ON COLUMN flip_run.sources IS 'Texts the prompts were cut from: prompts of one text are resampled together.';
COMMENT ON COLUMN flip_run.tokens IS 'Held-out tokens of the category that the effect was read on.';
COMMENT ON COLUMN flip_run.worst_match IS 'Largest relative distance of a random feature from away, in signs changed or size of the change, over all prompts together; at most 0.05.';
COMMENT ON COLUMN flip_run.worst_prompt IS 'The same at the worst single prompt: a random feature is the same for every prompt, so it cannot match away at each.';
COMMENT ON COLUMN flip_run.random_features IS 'Fixed random features that were run: at least 100 where the verdict could be suppresses, more where their number could decide, 20 where that was settled by then and at other scales, which describe.';
COMMENT ON COLUMN flip_run.reached IS 'How many of them lower the concept as far as away does.';
COMMENT ON COLUMN flip_run.categories IS 'Other categories (no shared member) whose effect was read too.';
COMMENT ON COLUMN flip_run.as_low IS 'How many of them fall as far as this one.';
COMMENT ON COLUMN flip_run.verdict IS 'suppresses: away lies below single random features (q < 0.05) and the intervals of away minus random, noise, disjoint and toward lie below 0; non-specific: away lies below 0, but not all of that holds; no effect; cannot be tested: fewer than 32 prompts or 20 tokens, or unmatched.';
COMMENT ON COLUMN flip_run.reason IS 'Why this verdict, in one sentence.';
COMMENT ON COLUMN flip_run.p IS 'Rank of away among the fixed random features: (1 + reached) / (1 + random_features).';
COMMENT ON COLUMN flip_run.q IS 'Benjamini-Hochberg over categories x layers; NULL at other scales.';

CREATE TABLE flip_effect (
    category   VARCHAR NOT NULL,
    site       VARCHAR NOT NULL,
    scale      DOUBLE  NOT NULL,
    condition  VARCHAR NOT NULL
        CHECK (condition IN ('away', 'toward', 'disjoint', 'largest', 'random', 'noise', 'direct')),
    effect     DOUBLE  NOT NULL,
    low        DOUBLE  NOT NULL,
    high       DOUBLE  NOT NULL,
    neutral    DOUBLE,
    eliciting  DOUBLE,
    changed    DOUBLE  NOT NULL CHECK (changed BETWEEN 0 AND 1),
    delta_norm DOUBLE  NOT NULL CHECK (delta_norm >= 0),
    norm_ratio DOUBLE  NOT NULL CHECK (norm_ratio >= 0),
    kl         DOUBLE  NOT NULL,
    raw_logits DOUBLE  NOT NULL,
    centred_logits DOUBLE NOT NULL
);
COMMENT ON TABLE flip_effect IS 'What each condition of a flip did.';
COMMENT ON COLUMN flip_effect.category IS 'Category of the run.';
COMMENT ON COLUMN flip_effect.site IS 'Site of the run.';
COMMENT ON COLUMN flip_effect.scale IS 'Scale of the run.';
COMMENT ON COLUMN flip_effect.condition IS 'away, toward, disjoint (other categories'' features), largest (as many dimensions of the largest mean |x|), random (mean of the fixed random features), noise (a turn of the same size), direct (away''s change added after the last block).';
COMMENT ON COLUMN flip_effect.effect IS 'Change of log p of held-out tokens of the category minus that of frequency-matched tokens, in nats.';
COMMENT ON COLUMN flip_effect.low IS 'Lower end of its 95 % interval: bootstrap over prompts by source, and over tokens.';
COMMENT ON COLUMN flip_effect.high IS 'Upper end of its 95 % interval.';
COMMENT ON COLUMN flip_effect.neutral IS 'The effect on neutral prompts alone.';
COMMENT ON COLUMN flip_effect.eliciting IS 'The effect on concept-eliciting prompts alone.';
COMMENT ON COLUMN flip_effect.changed IS 'Share of all signs that changed at the edited positions.';
COMMENT ON COLUMN flip_effect.delta_norm IS 'Size of the change: root mean square over positions of the norm of x'' - x.';
COMMENT ON COLUMN flip_effect.norm_ratio IS 'Norm of x'' over norm of x, mean over positions.';
COMMENT ON COLUMN flip_effect.kl IS 'KL divergence of the next-token distribution from the baseline''s, in nats: collateral. Of random and noise: of the first three.';
COMMENT ON COLUMN flip_effect.raw_logits IS 'Change of the raw logits of the concept''s held-out tokens: the paper''s procedure, which any damage moves.';
COMMENT ON COLUMN flip_effect.centred_logits IS 'The same minus the change of the mean logit of the whole vocabulary.';

CREATE TABLE dictionary (
    name      VARCHAR NOT NULL,
    site      VARCHAR NOT NULL,
    kind      VARCHAR NOT NULL CHECK (kind IN ('standard', 'jumprelu', 'topk')),
    latents   INTEGER NOT NULL,
    sha256    VARCHAR NOT NULL,
    items     INTEGER NOT NULL,
    active    DOUBLE  NOT NULL,
    silent    DOUBLE  NOT NULL CHECK (silent BETWEEN 0 AND 1),
    explained DOUBLE  NOT NULL,
    verdict   VARCHAR NOT NULL
);
COMMENT ON TABLE dictionary IS 'The learned dictionary (sparse autoencoder) that prototypes were compared with; none before dims evidence --sae.';
COMMENT ON COLUMN dictionary.name IS 'Name of its folder.';
COMMENT ON COLUMN dictionary.site IS 'Site whose states it reads.';
COMMENT ON COLUMN dictionary.kind IS 'Its activation: standard (relu), jumprelu (a threshold for each latent) or topk (the k largest).';
COMMENT ON COLUMN dictionary.latents IS 'Latents: directions that it has learned.';
COMMENT ON COLUMN dictionary.sha256 IS 'SHA-256 of the file of its weights.';
COMMENT ON COLUMN dictionary.items IS 'Items that were encoded.';
COMMENT ON COLUMN dictionary.active IS 'Latents that are not 0, mean over these items (L0).';
COMMENT ON COLUMN dictionary.silent IS 'Share of the latents that are 0 for all of these items.';
COMMENT ON COLUMN dictionary.explained IS 'Share of the variance of these items'' states that it explains; below 0 where the mean alone explains more.';
COMMENT ON COLUMN dictionary.verdict IS 'JSON object: the row of the evidence table that the contest gives.';

CREATE TABLE contest (
    dictionary VARCHAR NOT NULL,
    category   VARCHAR NOT NULL,
    unit       VARCHAR NOT NULL CHECK (unit IN ('prototype', 'signs', 'latents',
        'random dictionary', 'PCA axes', 'values', 'difference of means', 'probe')),
    k          INTEGER NOT NULL,
    auc        DOUBLE  NOT NULL CHECK (auc BETWEEN 0 AND 1)
);
COMMENT ON TABLE contest IS 'Categories read by prototypes and by a learned dictionary, on the same items, anchors, held-out families, splits and background.';
COMMENT ON COLUMN contest.dictionary IS 'The dictionary.';
COMMENT ON COLUMN contest.category IS 'The category.';
COMMENT ON COLUMN contest.unit IS 'What it is read by: prototype (all registered dimensions), or the k strongest signs, latents, directions of a random dictionary of equal size and sparsity, PCA axes, or values of dimensions; difference of means and a trained probe (first split, half of the negatives) beside.';
COMMENT ON COLUMN contest.k IS 'Units taken, the strongest on the anchors; 0 where all are.';
COMMENT ON COLUMN contest.auc IS 'Held-out AUC, mean over the splits.';
