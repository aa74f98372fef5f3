// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
// A vulnerability database for the real grype, made by grype's own store: what it reports is what the list says.
//
//	grype-db LIST CACHE     LIST: lines of JSON {"id","ecosystem","package","fixed","aliases":[…]}
//
// "deb" is of Debian 12, by the name of the source; "npm" of GitHub's advisories.
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"time"

	v6 "github.com/anchore/grype/grype/db/v6"
	"github.com/spf13/afero"
)

type entry struct {
	ID, Ecosystem, Package, Fixed string
	Aliases                       []string
}

func handle(e entry) *v6.AffectedPackageHandle {
	now := time.Unix(1767225600, 0).UTC()
	provider, format := "debian", "dpkg"
	var system *v6.OperatingSystem
	if e.Ecosystem == "deb" {
		system = &v6.OperatingSystem{Name: "debian", ReleaseID: "debian", MajorVersion: "12", Codename: "bookworm"}
	} else {
		provider, format = "github", "semver"
	}
	constraint, fix := "", &v6.Fix{State: v6.NotFixedStatus}
	if e.Fixed != "" {
		constraint, fix = "< "+e.Fixed, &v6.Fix{State: v6.FixedStatus, Version: e.Fixed}
	}
	return &v6.AffectedPackageHandle{
		Vulnerability: &v6.VulnerabilityHandle{
			Name: e.ID, Status: v6.VulnerabilityActive, PublishedDate: &now, ModifiedDate: &now, ProviderID: provider,
			Provider:  &v6.Provider{ID: provider, Version: "1", Processor: "vexxy", DateCaptured: &now, InputDigest: "sha256:0"},
			BlobValue: &v6.VulnerabilityBlob{ID: e.ID, Aliases: e.Aliases},
		},
		OperatingSystem: system,
		Package:         &v6.Package{Ecosystem: e.Ecosystem, Name: e.Package},
		BlobValue: &v6.PackageBlob{CVEs: e.Aliases,
			Ranges: []v6.Range{{Version: v6.Version{Type: format, Constraint: constraint}, Fix: fix}}},
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	dir := filepath.Join(os.Args[2], strconv.Itoa(v6.ModelVersion))
	check(os.MkdirAll(dir, 0o755))
	list, err := os.Open(os.Args[1])
	check(err)
	store, err := v6.NewWriter(v6.Config{DBDirPath: dir})
	check(err)
	check(store.SetDBMetadata())
	for lines := bufio.NewScanner(list); lines.Scan(); {
		var e entry
		check(json.Unmarshal(lines.Bytes(), &e))
		affected := handle(e)
		check(store.AddVulnerabilities(affected.Vulnerability)) // its text; the package only refers to it
		affected.VulnerabilityID = affected.Vulnerability.ID
		check(store.AddAffectedPackages(affected))
	}
	check(store.Close())
	_, err = v6.WriteImportMetadata(afero.NewOsFs(), dir, "vexxy")
	check(err)
}
