BEGIN TRANSACTION;
CREATE TABLE adjudication (
	id INTEGER NOT NULL, 
	event VARCHAR(80) NOT NULL, 
	subject VARCHAR(24) NOT NULL, 
	person VARCHAR(80) NOT NULL, 
	action TEXT NOT NULL, 
	clear_pole TEXT, 
	category TEXT, 
	text TEXT, 
	reason TEXT, 
	made_at DATETIME NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (event, subject), 
	CHECK (action IN ('decide', 'withdraw')), 
	CHECK (clear_pole IN ('+', '-', 'both', 'none')), 
	FOREIGN KEY(subject) REFERENCES subject ("key")
);
INSERT INTO "adjudication" VALUES(1,'a73fbe7586d24cfaa32491ebf94a692e','4e5ed4643920ff0bfd3f296a','eve','decide',NULL,'cats',NULL,NULL,'2026-11-29 10:38:07.915146');
CREATE TABLE audit (
	id INTEGER NOT NULL, 
	person VARCHAR(80) NOT NULL, 
	action TEXT NOT NULL, 
	what TEXT NOT NULL, 
	made_at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "audit" VALUES(1,'command line','grant','label to ada','2026-11-29 10:38:07.985730');
CREATE TABLE consent (
	id INTEGER NOT NULL, 
	event VARCHAR(80) NOT NULL, 
	person VARCHAR(80) NOT NULL, 
	public BOOLEAN NOT NULL, 
	made_at DATETIME NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (event)
);
INSERT INTO "consent" VALUES(1,'7d907320a45f482781e558857147d116','ada',1,'2026-11-29 10:38:07.974272');
CREATE TABLE judgement (
	id INTEGER NOT NULL, 
	event VARCHAR(80) NOT NULL, 
	subject VARCHAR(24) NOT NULL, 
	judge VARCHAR(80) NOT NULL, 
	first TEXT NOT NULL, 
	second TEXT NOT NULL, 
	shuffled BOOLEAN NOT NULL, 
	same BOOLEAN NOT NULL, 
	made_at DATETIME NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (event), 
	FOREIGN KEY(subject) REFERENCES subject ("key")
);
INSERT INTO "judgement" VALUES(1,'223174b782974295a0a6b0213b86d2bd','4e5ed4643920ff0bfd3f296a','kim','one','two',0,1,'2026-11-29 10:38:07.966059');
CREATE TABLE label (
	id INTEGER NOT NULL, 
	event VARCHAR(80) NOT NULL, 
	subject VARCHAR(24) NOT NULL, 
	author VARCHAR(80) NOT NULL, 
	action TEXT NOT NULL, 
	clear_pole TEXT, 
	category TEXT, 
	text TEXT, 
	confidence INTEGER, 
	note TEXT, 
	source TEXT NOT NULL, 
	queue VARCHAR(80), 
	blind BOOLEAN NOT NULL, 
	suggested BOOLEAN NOT NULL, 
	seconds FLOAT, 
	made_at DATETIME NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (event, subject), 
	CHECK (action IN ('label', 'no_clear_pole', 'skip', 'flag', 'delete')), 
	CHECK (clear_pole IN ('+', '-', 'both', 'none')), 
	CHECK (source IN ('queue', 'page', 'import', 'carried')), 
	CHECK (confidence BETWEEN 1 AND 5), 
	FOREIGN KEY(subject) REFERENCES subject ("key")
);
INSERT INTO "label" VALUES(1,'5d2d04e8f0614938a948ae6bc0c9058d','4e5ed4643920ff0bfd3f296a','ada','label','+',NULL,NULL,NULL,NULL,'queue','c92e286e9fd140408781a842db7b1eb3',1,0,2.0,'2026-11-29 10:38:07.792404');
INSERT INTO "label" VALUES(2,'5d2d04e8f0614938a948ae6bc0c9058d','b5bc66d1c0399bf042c68f57','ada','label',NULL,NULL,'ada''s, "quoted" שלום',NULL,NULL,'queue','c92e286e9fd140408781a842db7b1eb3',1,0,2.0,'2026-11-29 10:38:07.792697');
INSERT INTO "label" VALUES(3,'cece17255cf046bba55e998159c91e26','3b29775f3dc67b7c7ffac3e3','ada','label','-',NULL,NULL,NULL,NULL,'queue','c92e286e9fd140408781a842db7b1eb3',1,0,2.0,'2026-11-29 10:38:07.801572');
INSERT INTO "label" VALUES(4,'cece17255cf046bba55e998159c91e26','f2a2e88c7b9528138823bb61','ada','label',NULL,NULL,'ada''s, "quoted" שלום',NULL,NULL,'queue','c92e286e9fd140408781a842db7b1eb3',1,0,2.0,'2026-11-29 10:38:07.801679');
INSERT INTO "label" VALUES(5,'cd66f9a30c2d4650a1bdd57ebf2e5bc8','21a2d999afe8e6f73b1c9f73','ada','no_clear_pole','none',NULL,NULL,NULL,NULL,'queue','c92e286e9fd140408781a842db7b1eb3',1,0,2.0,'2026-11-29 10:38:07.809853');
INSERT INTO "label" VALUES(6,'f7f27d87d18043f8b16e55151088b750','de8efb818ab8ee70a7a0c95b','ada','skip',NULL,NULL,NULL,NULL,NULL,'queue','c92e286e9fd140408781a842db7b1eb3',1,0,2.0,'2026-11-29 10:38:07.820909');
INSERT INTO "label" VALUES(7,'87741ff5cc974135ad5f420f264d409a','4e5ed4643920ff0bfd3f296a','bob','label','+',NULL,NULL,NULL,NULL,'queue','462d7105afac41c1b673e7f7c8fb1c91',1,0,2.0,'2026-11-29 10:38:07.842150');
INSERT INTO "label" VALUES(8,'87741ff5cc974135ad5f420f264d409a','b5bc66d1c0399bf042c68f57','bob','label',NULL,NULL,'bob''s, "quoted" שלום',NULL,NULL,'queue','462d7105afac41c1b673e7f7c8fb1c91',1,0,2.0,'2026-11-29 10:38:07.842267');
INSERT INTO "label" VALUES(9,'9e9dbc9abfd047b8a769834d799979a0','3b29775f3dc67b7c7ffac3e3','bob','label','-',NULL,NULL,NULL,NULL,'queue','462d7105afac41c1b673e7f7c8fb1c91',1,0,2.0,'2026-11-29 10:38:07.849215');
INSERT INTO "label" VALUES(10,'9e9dbc9abfd047b8a769834d799979a0','f2a2e88c7b9528138823bb61','bob','label',NULL,NULL,'bob''s, "quoted" שלום',NULL,NULL,'queue','462d7105afac41c1b673e7f7c8fb1c91',1,0,2.0,'2026-11-29 10:38:07.849309');
INSERT INTO "label" VALUES(11,'771f5f6fab0242baaa9a9dc197bb3a5d','21a2d999afe8e6f73b1c9f73','bob','no_clear_pole','none',NULL,NULL,NULL,NULL,'queue','462d7105afac41c1b673e7f7c8fb1c91',1,0,2.0,'2026-11-29 10:38:07.864510');
INSERT INTO "label" VALUES(12,'17f112488f144860af07ba4520e5d500','de8efb818ab8ee70a7a0c95b','bob','skip',NULL,NULL,NULL,NULL,NULL,'queue','462d7105afac41c1b673e7f7c8fb1c91',1,0,2.0,'2026-11-29 10:38:07.876518');
INSERT INTO "label" VALUES(13,'8e941598509c4b618aad74208918988a','2b8b9637abb22ebc59913e28','ada','flag',NULL,NULL,NULL,NULL,'odd = items','page',NULL,0,0,NULL,'2026-11-29 10:38:07.890255');
INSERT INTO "label" VALUES(14,'dca0e370726b4923be903d3f1336b2cd','d366e52d9a7f53c20c3d4591','ada','label',NULL,'animals',NULL,4,NULL,'page',NULL,0,0,NULL,'2026-11-29 10:38:07.900616');
INSERT INTO "label" VALUES(15,'b9c385ba0e51465fb9d3aee46323ea48','d366e52d9a7f53c20c3d4591','bob','label',NULL,NULL,'x',NULL,NULL,'page',NULL,0,0,NULL,'2026-11-29 10:38:07.904211');
INSERT INTO "label" VALUES(16,'054da41549c74604906393d68637c746','d366e52d9a7f53c20c3d4591','bob','delete',NULL,NULL,NULL,NULL,NULL,'page',NULL,0,0,NULL,'2026-11-29 10:38:07.905266');
CREATE TABLE label_choice (
	test VARCHAR(80) NOT NULL, 
	trial INTEGER NOT NULL, 
	choice TEXT NOT NULL, 
	seconds FLOAT, 
	made_at DATETIME NOT NULL, 
	PRIMARY KEY (test, trial), 
	CHECK (choice IN ('left', 'right'))
);
INSERT INTO "label_choice" VALUES('t1',0,'left',1.5,'2026-11-29 10:38:07.944605');
CREATE TABLE label_test (
	"key" VARCHAR(80) NOT NULL, 
	subject VARCHAR(24) NOT NULL, 
	author VARCHAR(80) NOT NULL, 
	text TEXT NOT NULL, 
	tester VARCHAR(80) NOT NULL, 
	seed TEXT NOT NULL, 
	made_at DATETIME NOT NULL, 
	PRIMARY KEY ("key"), 
	FOREIGN KEY(subject) REFERENCES subject ("key")
);
INSERT INTO "label_test" VALUES('t1','d366e52d9a7f53c20c3d4591','ada','x','kim','7','2026-11-29 10:38:07.927369');
CREATE TABLE label_trial (
	test VARCHAR(80) NOT NULL, 
	trial INTEGER NOT NULL, 
	left_item INTEGER NOT NULL, 
	right_item INTEGER NOT NULL, 
	answer TEXT NOT NULL, 
	band TEXT NOT NULL, 
	shown TEXT NOT NULL, 
	control BOOLEAN NOT NULL, 
	PRIMARY KEY (test, trial), 
	CHECK (answer IN ('left', 'right')), 
	CHECK (band IN ('extreme', 'whole')), 
	FOREIGN KEY(test) REFERENCES label_test ("key")
);
INSERT INTO "label_trial" VALUES('t1',0,1,2,'left','whole','x',0);
CREATE TABLE migration (
	number INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	applied_at DATETIME NOT NULL, 
	PRIMARY KEY (number)
);
INSERT INTO "migration" VALUES(1,'first tables','2026-11-29 10:38:07.752894');
INSERT INTO "migration" VALUES(2,'whose labels may leave','2026-11-29 10:38:07.753487');
INSERT INTO "migration" VALUES(3,'roles and the log of a server','2026-11-29 10:38:07.753595');
CREATE TABLE presence (
	person VARCHAR(80) NOT NULL, 
	client VARCHAR(80) NOT NULL, 
	seen_at DATETIME NOT NULL, 
	PRIMARY KEY (person, client)
);
CREATE TABLE queue (
	"key" VARCHAR(80) NOT NULL, 
	person VARCHAR(80) NOT NULL, 
	title TEXT NOT NULL, 
	ordering TEXT NOT NULL, 
	seed TEXT NOT NULL, 
	coverage INTEGER NOT NULL, 
	opened_at DATETIME NOT NULL, 
	PRIMARY KEY ("key"), 
	CHECK (coverage >= 1)
);
INSERT INTO "queue" VALUES('c92e286e9fd140408781a842db7b1eb3','ada','first look','random','',2,'2026-11-29 10:38:07.766767');
INSERT INTO "queue" VALUES('462d7105afac41c1b673e7f7c8fb1c91','bob','first look','random','',2,'2026-11-29 10:38:07.829366');
CREATE TABLE queue_closed (
	queue VARCHAR(80) NOT NULL, 
	closed_at DATETIME NOT NULL, 
	PRIMARY KEY (queue), 
	FOREIGN KEY(queue) REFERENCES queue ("key")
);
INSERT INTO "queue_closed" VALUES('462d7105afac41c1b673e7f7c8fb1c91','2026-11-29 10:38:07.885491');
CREATE TABLE queue_item (
	queue VARCHAR(80) NOT NULL, 
	place INTEGER NOT NULL, 
	subject VARCHAR(24) NOT NULL, 
	PRIMARY KEY (queue, place), 
	UNIQUE (queue, subject), 
	FOREIGN KEY(queue) REFERENCES queue ("key"), 
	FOREIGN KEY(subject) REFERENCES subject ("key")
);
INSERT INTO "queue_item" VALUES('c92e286e9fd140408781a842db7b1eb3',0,'d366e52d9a7f53c20c3d4591');
INSERT INTO "queue_item" VALUES('c92e286e9fd140408781a842db7b1eb3',1,'4e5ed4643920ff0bfd3f296a');
INSERT INTO "queue_item" VALUES('c92e286e9fd140408781a842db7b1eb3',2,'3b29775f3dc67b7c7ffac3e3');
INSERT INTO "queue_item" VALUES('c92e286e9fd140408781a842db7b1eb3',3,'2b8b9637abb22ebc59913e28');
INSERT INTO "queue_item" VALUES('c92e286e9fd140408781a842db7b1eb3',4,'de8efb818ab8ee70a7a0c95b');
INSERT INTO "queue_item" VALUES('c92e286e9fd140408781a842db7b1eb3',5,'21a2d999afe8e6f73b1c9f73');
INSERT INTO "queue_item" VALUES('462d7105afac41c1b673e7f7c8fb1c91',0,'2b8b9637abb22ebc59913e28');
INSERT INTO "queue_item" VALUES('462d7105afac41c1b673e7f7c8fb1c91',1,'4e5ed4643920ff0bfd3f296a');
INSERT INTO "queue_item" VALUES('462d7105afac41c1b673e7f7c8fb1c91',2,'de8efb818ab8ee70a7a0c95b');
INSERT INTO "queue_item" VALUES('462d7105afac41c1b673e7f7c8fb1c91',3,'21a2d999afe8e6f73b1c9f73');
INSERT INTO "queue_item" VALUES('462d7105afac41c1b673e7f7c8fb1c91',4,'3b29775f3dc67b7c7ffac3e3');
INSERT INTO "queue_item" VALUES('462d7105afac41c1b673e7f7c8fb1c91',5,'d366e52d9a7f53c20c3d4591');
CREATE TABLE role (
	id INTEGER NOT NULL, 
	event VARCHAR(80) NOT NULL, 
	person VARCHAR(80) NOT NULL, 
	role TEXT NOT NULL, 
	action TEXT NOT NULL, 
	granted_by VARCHAR(80) NOT NULL, 
	made_at DATETIME NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (event), 
	CHECK (role IN ('look', 'label', 'adjudicate', 'compute', 'admin')), 
	CHECK (action IN ('grant', 'revoke'))
);
INSERT INTO "role" VALUES(1,'7c732f0d610d4fd5b14ca3b891658788','ada','label','grant','command line','2026-11-29 10:38:07.985350');
CREATE TABLE saved (
	id INTEGER NOT NULL, 
	event VARCHAR(80) NOT NULL, 
	kind TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	person VARCHAR(80) NOT NULL, 
	model TEXT NOT NULL, 
	subject VARCHAR(24), 
	action TEXT NOT NULL, 
	body TEXT NOT NULL, 
	made_at DATETIME NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (event), 
	CHECK (kind IN ('run', 'concept', 'verification', 'star', 'comment')), 
	CHECK (action IN ('save', 'delete')), 
	FOREIGN KEY(subject) REFERENCES subject ("key")
);
INSERT INTO "saved" VALUES(1,'38c37cf2803043dda581d243a1e85598','comment','38c37cf2803043dda581d243a1e85598','ada','tiny','3b29775f3dc67b7c7ffac3e3','save','{"text": "line one\nline two"}','2026-11-29 10:38:07.949091');
INSERT INTO "saved" VALUES(2,'e9386fd70d3744cfb4ebca7984122da0','run','r1','ada','tiny',NULL,'save','{"verdict": "no effect"}','2026-11-29 10:38:07.962535');
CREATE TABLE subject (
	"key" VARCHAR(24) NOT NULL, 
	target VARCHAR(24) NOT NULL, 
	model TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	reading TEXT NOT NULL, 
	site TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	pole TEXT NOT NULL, 
	PRIMARY KEY ("key"), 
	CHECK (kind IN ('dimension', 'feature', 'discovered')), 
	CHECK (pole IN ('', '+', '-'))
);
INSERT INTO "subject" VALUES('21a2d999afe8e6f73b1c9f73','21a2d999afe8e6f73b1c9f73','tiny','r1','bare','resid.1','dimension','2','');
INSERT INTO "subject" VALUES('2b8b9637abb22ebc59913e28','2b8b9637abb22ebc59913e28','tiny','r1','bare','resid.1','dimension','4','');
INSERT INTO "subject" VALUES('3b29775f3dc67b7c7ffac3e3','3b29775f3dc67b7c7ffac3e3','tiny','r1','bare','resid.1','dimension','1','');
INSERT INTO "subject" VALUES('4e5ed4643920ff0bfd3f296a','4e5ed4643920ff0bfd3f296a','tiny','r1','bare','resid.1','dimension','0','');
INSERT INTO "subject" VALUES('d366e52d9a7f53c20c3d4591','d366e52d9a7f53c20c3d4591','tiny','r1','bare','resid.1','dimension','5','');
INSERT INTO "subject" VALUES('de8efb818ab8ee70a7a0c95b','de8efb818ab8ee70a7a0c95b','tiny','r1','bare','resid.1','dimension','3','');
INSERT INTO "subject" VALUES('b5bc66d1c0399bf042c68f57','4e5ed4643920ff0bfd3f296a','tiny','r1','bare','resid.1','dimension','0','+');
INSERT INTO "subject" VALUES('f2a2e88c7b9528138823bb61','3b29775f3dc67b7c7ffac3e3','tiny','r1','bare','resid.1','dimension','1','+');
CREATE INDEX subject_target ON subject (target);
CREATE INDEX subject_place ON subject (model, site);
CREATE INDEX queue_person ON queue (person);
CREATE INDEX consent_person ON consent (person, made_at);
CREATE INDEX role_person ON role (person, role, id);
CREATE TRIGGER role_no_update BEFORE UPDATE ON role BEGIN SELECT RAISE(ABORT, 'the log of who did what is only added to'); END;
CREATE TRIGGER role_no_delete BEFORE DELETE ON role BEGIN SELECT RAISE(ABORT, 'the log of who did what is only added to'); END;
CREATE INDEX audit_quota ON audit (person, action, made_at);
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the log of who did what is only added to'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the log of who did what is only added to'); END;
CREATE INDEX label_author ON label (author);
CREATE INDEX label_current ON label (subject, author, made_at);
CREATE INDEX queue_item_subject ON queue_item (subject);
CREATE INDEX adjudication_subject ON adjudication (subject, made_at);
CREATE INDEX label_test_subject ON label_test (subject);
CREATE INDEX saved_key ON saved (kind, "key", made_at);
COMMIT;
