// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
// A vulnerability database for the real trivy, made by trivy's own store: what it reports is what the list says.
//
//	trivy-db LIST CACHE     LIST: as for grype-db
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/aquasecurity/trivy-db/pkg/db"
	"github.com/aquasecurity/trivy-db/pkg/metadata"
	"github.com/aquasecurity/trivy-db/pkg/types"
	bolt "go.etcd.io/bbolt"
)

type entry struct {
	ID, Ecosystem, Package, Fixed string
	Aliases                       []string
}

const npm = "npm::GitHub Security Advisory npm"

func put(tx *bolt.Tx, e entry) error {
	store, id, bucket := db.Config{}, e.ID, "debian 12"
	advisory := types.Advisory{FixedVersion: e.Fixed}
	if e.Ecosystem == "npm" {
		// trivy calls what has a CVE by it.
		bucket, advisory = npm, types.Advisory{VulnerableVersions: []string{"< " + e.Fixed}, PatchedVersions: []string{e.Fixed}}
		if len(e.Aliases) > 0 {
			id, advisory.VendorIDs = e.Aliases[0], []string{e.ID}
		}
	} else if e.Fixed == "" {
		advisory.Status = types.StatusAffected
	}
	if err := store.PutAdvisory(tx, []string{bucket, e.Package}, id, advisory); err != nil {
		return err
	}
	return store.PutVulnerability(tx, id, types.Vulnerability{Title: id, Severity: "HIGH"})
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	dir := filepath.Join(os.Args[2], "db")
	list, err := os.Open(os.Args[1])
	check(err)
	check(db.Init(dir))
	check(db.Config{}.BatchUpdate(func(tx *bolt.Tx) error {
		source := types.DataSource{ID: "ghsa", Name: "GitHub Security Advisory npm", URL: "https://example.com"}
		if err := (db.Config{}).PutDataSource(tx, npm, source); err != nil {
			return err
		}
		for lines := bufio.NewScanner(list); lines.Scan(); {
			var e entry
			if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
				return err
			}
			if err := put(tx, e); err != nil {
				return err
			}
		}
		return nil
	}))
	check(db.Close())
	now := time.Now().UTC()
	check(metadata.NewClient(dir).Update(metadata.Metadata{Version: db.SchemaVersion, UpdatedAt: now, DownloadedAt: now, NextUpdate: now.Add(24 * time.Hour)}))
}
