//! What the journeys share: finding the built programs, the test data and the engines.
