
package sessions;

import javax.xml.bind.annotation.XmlAccessType;
import javax.xml.bind.annotation.XmlAccessorType;
import javax.xml.bind.annotation.XmlElement;
import javax.xml.bind.annotation.XmlType;


/**
 * One server that stores sessions or near-cache entries.
 * 
 * <p>Java class for ServerStats complex type.
 * 
 * <p>The following schema fragment specifies the expected content contained within this class.
 * 
 * <pre>
 * &lt;complexType name="ServerStats"&gt;
 *   &lt;complexContent&gt;
 *     &lt;restriction base="{http://www.w3.org/2001/XMLSchema}anyType"&gt;
 *       &lt;sequence&gt;
 *         &lt;element name="address" type="{http://www.w3.org/2001/XMLSchema}string"/&gt;
 *         &lt;element name="tier" type="{http://www.w3.org/2001/XMLSchema}string"/&gt;
 *         &lt;element name="alive" type="{http://www.w3.org/2001/XMLSchema}boolean"/&gt;
 *         &lt;element name="stats" type="{urn:memcached-soap:session:v1}StatList"/&gt;
 *       &lt;/sequence&gt;
 *     &lt;/restriction&gt;
 *   &lt;/complexContent&gt;
 * &lt;/complexType&gt;
 * </pre>
 * 
 * 
 */
@XmlAccessorType(XmlAccessType.FIELD)
@XmlType(name = "ServerStats", propOrder = {
    "address",
    "tier",
    "alive",
    "stats"
})
public class ServerStats {

    @XmlElement(required = true)
    protected String address;
    @XmlElement(required = true)
    protected String tier;
    protected boolean alive;
    @XmlElement(required = true)
    protected StatList stats;

    /**
     * Gets the value of the address property.
     * 
     * @return
     *     possible object is
     *     {@link String }
     *     
     */
    public String getAddress() {
        return address;
    }

    /**
     * Sets the value of the address property.
     * 
     * @param value
     *     allowed object is
     *     {@link String }
     *     
     */
    public void setAddress(String value) {
        this.address = value;
    }

    /**
     * Gets the value of the tier property.
     * 
     * @return
     *     possible object is
     *     {@link String }
     *     
     */
    public String getTier() {
        return tier;
    }

    /**
     * Sets the value of the tier property.
     * 
     * @param value
     *     allowed object is
     *     {@link String }
     *     
     */
    public void setTier(String value) {
        this.tier = value;
    }

    /**
     * Gets the value of the alive property.
     * 
     */
    public boolean isAlive() {
        return alive;
    }

    /**
     * Sets the value of the alive property.
     * 
     */
    public void setAlive(boolean value) {
        this.alive = value;
    }

    /**
     * Gets the value of the stats property.
     * 
     * @return
     *     possible object is
     *     {@link StatList }
     *     
     */
    public StatList getStats() {
        return stats;
    }

    /**
     * Sets the value of the stats property.
     * 
     * @param value
     *     allowed object is
     *     {@link StatList }
     *     
     */
    public void setStats(StatList value) {
        this.stats = value;
    }

}
