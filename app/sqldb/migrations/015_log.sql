-- The log lists reviews by when they ended, beside what people did.
CREATE INDEX reviews_of_installation_ended ON reviews (installation, ended, id) WHERE ended IS NOT NULL;
