package main

// The parts of Grafana's format of dashboards (schema version 39, Grafana 10.4) that
// the program writes. Field names are those of Grafana.
type (
	dashboard struct {
		UID           string      `json:"uid"`
		Title         string      `json:"title"`
		Description   string      `json:"description"`
		Tags          []string    `json:"tags"`
		SchemaVersion int         `json:"schemaVersion"`
		Editable      bool        `json:"editable"`
		GraphTooltip  int         `json:"graphTooltip"` // 1: the crosshair is shared
		Refresh       string      `json:"refresh"`
		Time          timeRange   `json:"time"`
		Timezone      string      `json:"timezone"`
		Templating    list        `json:"templating"`
		Annotations   annotations `json:"annotations"`
		Panels        []panel     `json:"panels"`
	}
	timeRange struct {
		From string `json:"from"`
		To   string `json:"to"`
	}
	list struct {
		List []variable `json:"list"`
	}
	variable struct {
		Name       string      `json:"name"`
		Label      string      `json:"label"`
		Type       string      `json:"type"`
		Query      string      `json:"query"`
		Datasource *datasource `json:"datasource,omitempty"`
		Multi      bool        `json:"multi"`
		IncludeAll bool        `json:"includeAll"`
		Refresh    int         `json:"refresh"` // 2: when the time range changes
		Sort       int         `json:"sort"`
	}
	datasource struct {
		Type string `json:"type"`
		UID  string `json:"uid"`
	}
	annotations struct {
		List []annotation `json:"list"`
	}
	annotation struct {
		Name       string     `json:"name"`
		Datasource datasource `json:"datasource"`
		Enable     bool       `json:"enable"`
		Target     markQuery  `json:"target"`
		IconColor  string     `json:"iconColor"`
		TitleText  string     `json:"titleFormat"`
		TagKeys    string     `json:"tagKeys"`
	}
	markQuery struct {
		Expr  string `json:"expr"`
		RefID string `json:"refId"`
	}
	panel struct {
		ID          int            `json:"id"`
		Type        string         `json:"type"`
		Title       string         `json:"title"`
		Description string         `json:"description,omitempty"`
		GridPos     position       `json:"gridPos"`
		Collapsed   *bool          `json:"collapsed,omitempty"` // of a row
		Panels      []panel        `json:"panels,omitempty"`    // of a collapsed row
		Datasource  *datasource    `json:"datasource,omitempty"`
		FieldConfig *fieldConfig   `json:"fieldConfig,omitempty"`
		Options     map[string]any `json:"options,omitempty"`
		Targets     []target       `json:"targets,omitempty"`
	}
	position struct {
		H int `json:"h"`
		W int `json:"w"`
		X int `json:"x"`
		Y int `json:"y"`
	}
	fieldConfig struct {
		Defaults  fields `json:"defaults"`
		Overrides []any  `json:"overrides"`
	}
	fields struct {
		Unit     string         `json:"unit"`
		Min      *int           `json:"min,omitempty"`
		Custom   map[string]any `json:"custom,omitempty"`
		Mappings []mapping      `json:"mappings,omitempty"`
	}
	mapping struct {
		Type    string           `json:"type"`
		Options map[string]shown `json:"options"`
	}
	shown struct {
		Text  string `json:"text"`
		Color string `json:"color"`
		Index int    `json:"index"`
	}
	target struct {
		RefID        string     `json:"refId"`
		Datasource   datasource `json:"datasource"`
		Expr         string     `json:"expr"`
		LegendFormat string     `json:"legendFormat"`
		Format       string     `json:"format,omitempty"`
		Range        bool       `json:"range"`
		Instant      bool       `json:"instant"`
	}
)
