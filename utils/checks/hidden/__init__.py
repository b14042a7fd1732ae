"""Further checks that graders have and students' bundles leave out (`course release`)."""
