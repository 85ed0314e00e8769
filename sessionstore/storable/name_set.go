package storable

// hasDuplicate says whether two keys have the same name. Perl accepts a name that
// is reserved twice.
func (d *decoder) hasDuplicate(keys []key) bool {
	if len(keys) < 2 {
		return false
	}
	d.names.Reset(len(keys))
	var name string
	same := func(other int) bool { return keys[other].name == name }
	for i := range keys {
		name = keys[i].name
		if first, added := d.names.Add(name, i, same); !added && (!keys[first].reserved || !keys[i].reserved) {
			return true
		}
	}
	return false
}
