
package sessions;

import javax.xml.bind.annotation.XmlAccessType;
import javax.xml.bind.annotation.XmlAccessorType;
import javax.xml.bind.annotation.XmlElement;
import javax.xml.bind.annotation.XmlType;


/**
 * Statistics of the service and of every server behind it.
 * 
 * <p>Java class for StatsReport complex type.
 * 
 * <p>The following schema fragment specifies the expected content contained within this class.
 * 
 * <pre>
 * &lt;complexType name="StatsReport"&gt;
 *   &lt;complexContent&gt;
 *     &lt;restriction base="{http://www.w3.org/2001/XMLSchema}anyType"&gt;
 *       &lt;sequence&gt;
 *         &lt;element name="service" type="{urn:memcached-soap:session:v1}StatList"/&gt;
 *         &lt;element name="servers" type="{urn:memcached-soap:session:v1}ServerStatsList"/&gt;
 *       &lt;/sequence&gt;
 *     &lt;/restriction&gt;
 *   &lt;/complexContent&gt;
 * &lt;/complexType&gt;
 * </pre>
 * 
 * 
 */
@XmlAccessorType(XmlAccessType.FIELD)
@XmlType(name = "StatsReport", propOrder = {
    "service",
    "servers"
})
public class StatsReport {

    @XmlElement(required = true)
    protected StatList service;
    @XmlElement(required = true)
    protected ServerStatsList servers;

    /**
     * Gets the value of the service property.
     * 
     * @return
     *     possible object is
     *     {@link StatList }
     *     
     */
    public StatList getService() {
        return service;
    }

    /**
     * Sets the value of the service property.
     * 
     * @param value
     *     allowed object is
     *     {@link StatList }
     *     
     */
    public void setService(StatList value) {
        this.service = value;
    }

    /**
     * Gets the value of the servers property.
     * 
     * @return
     *     possible object is
     *     {@link ServerStatsList }
     *     
     */
    public ServerStatsList getServers() {
        return servers;
    }

    /**
     * Sets the value of the servers property.
     * 
     * @param value
     *     allowed object is
     *     {@link ServerStatsList }
     *     
     */
    public void setServers(ServerStatsList value) {
        this.servers = value;
    }

}
