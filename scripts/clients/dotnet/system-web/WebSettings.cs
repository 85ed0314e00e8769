using System;
using System.Collections.Generic;
using System.Collections.Specialized;
using System.Configuration;
using System.Globalization;
using System.Linq;
using System.Web.Compilation;
using System.Web.Configuration;
using System.Web.SessionState;

namespace MemcachedSoap.Sessions.Web
{
    /// <summary>
    /// The settings of the provider in web.config. A value env:NAME is that of the environment variable NAME; if
    /// there is none, the setting has its default.
    /// </summary>
    public sealed class WebSettings : Settings
    {
        const string FromEnvironment = "env:";

        static readonly string[] known = {
            "url", "key", "user", "password", "caFile", "timeout", "lifetime", "shared", "app", "exact", "objects", "types",
            "anonymous", "touchPlain", "cookieDomain", "cookiePath", "cookieSecure", "cookieSameSite" };

        /// <summary>The idle timeout in minutes: timeout of the section sessionState.</summary>
        public int IdleMinutes { get; private set; }

        /// <summary>The name of the cookie: cookieName of the section sessionState.</summary>
        public string CookieName { get; private set; }

        /// <summary>The domain of the cookie, or null for this host only.</summary>
        public string CookieDomain { get; private set; }

        /// <summary>The path of the cookie: / unless it is set.</summary>
        public string CookiePath { get; private set; }

        /// <summary>Whether the browser sends the cookie with TLS only.</summary>
        public bool CookieSecure { get; private set; }

        /// <summary>SameSite of the cookie: Lax unless it is set to Strict or None.</summary>
        public string CookieSameSite { get; private set; }

        /// <summary>Whether pages without a session give it another idle time, too.</summary>
        public bool TouchPlain { get; private set; }

        /// <summary>Reads the settings of the section sessionState and of its provider.</summary>
        public static WebSettings Read()
        {
            var section = (SessionStateSection)WebConfigurationManager.GetSection("system.web/sessionState");
            var provider = section.Providers[section.CustomProvider];
            if (provider == null)
                throw new ConfigurationErrorsException("sessionState needs customProvider, the name of one of its providers.");
            if (section.Cookieless != System.Web.HttpCookieMode.UseCookies)
                throw new ConfigurationErrorsException(
                    "Set cookieless=\"UseCookies\" in sessionState: everybody who sees an id in an address has the session.");
            var cookies = (HttpCookiesSection)WebConfigurationManager.GetSection("system.web/httpCookies");
            try { return new WebSettings(provider.Parameters, section, cookies); }
            catch (ArgumentException e)
            {
                throw new ConfigurationErrorsException("Session provider \"" + provider.Name + "\": " + e.Message, e);
            }
        }

        /// <summary>Reads the attributes of the provider. It throws ArgumentException for one that is wrong.</summary>
        internal WebSettings(NameValueCollection attributes, SessionStateSection section, HttpCookiesSection cookies)
        {
            foreach (string name in attributes)
                if (!known.Contains(name) && name != "name" && name != "type" && name != "description" && name != "applicationName")
                    throw new ArgumentException("There is no setting \"" + name + "\".");
            Func<string, string> get = name => Value(attributes[name]);
            IdleMinutes = (int)section.Timeout.TotalMinutes;
            CookieName = section.CookieName;
            Url = get("url");
            Key = get("key");
            User = get("user");
            Password = get("password");
            CaFile = get("caFile");
            if (get("timeout") != null) Timeout = TimeSpan.FromSeconds(Number("timeout", get("timeout")));
            if (get("lifetime") != null) Lifetime = (int)Number("lifetime", get("lifetime"));
            App = get("app") ?? "aspnet";
            AddAll(Shared, get("shared"), ',');
            AddAll(Exact, get("exact"), ',');
            foreach (var name in Split(get("types"), ';')) Types.Add(FindType(name));
            if (get("objects") != null && get("objects") != "private") throw new ArgumentException("objects must be private, or absent.");
            if (get("objects") == null != (Types.Count == 0)) throw new ArgumentException("objects=\"private\" and types need each other.");
            if (get("anonymous") == "ok") Anonymous.Add("/");
            else AddAll(Anonymous, get("anonymous"), ',');
            TouchPlain = Boolean("touchPlain", get("touchPlain"), false);
            CookieDomain = get("cookieDomain") ?? (cookies.Domain == "" ? null : cookies.Domain);
            CookiePath = get("cookiePath") ?? "/";
            CookieSecure = Boolean("cookieSecure", get("cookieSecure"), cookies.RequireSSL);
            CookieSameSite = get("cookieSameSite") ?? "Lax";
            if (!new[] { "Lax", "Strict", "None" }.Contains(CookieSameSite))
                throw new ArgumentException("cookieSameSite must be Lax, Strict or None.");
            if (CookieSameSite == "None" && !CookieSecure)
                throw new ArgumentException("cookieSameSite=\"None\" needs cookieSecure=\"true\": browsers refuse the cookie otherwise.");
            Check();
        }

        static string Value(string text)
        {
            if (text != null && text.StartsWith(FromEnvironment, StringComparison.Ordinal))
                text = Environment.GetEnvironmentVariable(text.Substring(FromEnvironment.Length));
            return string.IsNullOrEmpty(text) ? null : text;
        }

        static double Number(string name, string text)
        {
            double number;
            if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number) &&
                number <= int.MaxValue) return number;
            throw new ArgumentException(name + " must be a number of seconds.");
        }

        static bool Boolean(string name, string text, bool standard)
        {
            bool value;
            if (text == null) return standard;
            if (bool.TryParse(text, out value)) return value;
            throw new ArgumentException(name + " must be true or false.");
        }

        static IEnumerable<string> Split(string text, char separator)
        {
            return (text ?? "").Split(separator).Select(part => part.Trim()).Where(part => part != "");
        }

        static void AddAll(ICollection<string> list, string text, char separator)
        {
            foreach (var part in Split(text, separator)) list.Add(part);
        }

        static Type FindType(string name)
        {
            var type = Type.GetType(name, false) ?? BuildManager.GetType(name, false);
            if (type == null) throw new ArgumentException("types: there is no type \"" + name + "\".");
            return type;
        }
    }
}
