using System;
using System.Collections;
using System.Collections.Generic;
using System.Web;
using System.Web.SessionState;
using MemcachedSoap.Sessions.Web;

namespace Tested
{
    /// <summary>An object of the application.</summary>
    [Serializable]
    public sealed class Cart
    {
        /// <summary>What is in it.</summary>
        public List<string> Goods = new List<string>();
    }

    /// <summary>Pages that do what the query says.</summary>
    public sealed class Pages : IHttpHandler, IRequiresSessionState
    {
        /// <summary>A handler has no state.</summary>
        public bool IsReusable { get { return true; } }

        /// <summary>Answers a request.</summary>
        public void ProcessRequest(HttpContext context)
        {
            var session = context.Session;
            var response = context.Response;
            switch (context.Request.QueryString["do"])
            {
                case "list": session["list"] = new List<string> { "a" }; break;
                case "read": response.Write(((List<object>)session["list"]).Count); break;
                case "append": ((List<object>)session["list"]).Add("b"); break;
                case "count": session["count"] = (int)(session["count"] ?? 0) + 1; response.Write(session["count"]); break;
                case "cart": session["cart"] = new Cart { Goods = { "tea" } }; break;
                case "fill": ((Cart)session["cart"]).Goods.Add("milk"); break;
                case "goods": response.Write(((Cart)session["cart"]).Goods.Count); break;
                case "clear": session.Clear(); break;
                case "object": session["thing"] = new object(); break;
                case "null": session[null] = 1; break;
                case "timeout": session["note"] = 1; session.Timeout = int.Parse(context.Request.QueryString["minutes"]); break;
                case "minutes": response.Write(session.Timeout); break;
                case "case": session["Note"] = 1; session["NOTE"] = 2; session["UID"] = "upper"; break;
                case "names": response.Write(string.Join(" ", new List<string>(AllNames(session)))); break;
                case "everywhere": response.Write(SharedLogin.SignOutEverywhere(context.Request.QueryString["uid"])); break;
                case "type": response.Write(session[context.Request.QueryString["key"]].GetType().Name); break;
                case "fail": session["note"] = "of a page that failed"; throw new InvalidOperationException("the page failed");
                case "late": response.Write("head"); response.Flush(); SharedLogin.Renew(context); break;
                // The module of the .NET Framework hands in the id of the cookie, stored or not.
                case "adopt": Adopt(context); break;
                // It calls this for a page without a session; mono does not.
                case "reset":
                    var id = session.SessionID;
                    var items = new Hashtable(context.Items);
                    context.Items.Clear();
                    new SessionProvider().ResetItemTimeout(context, id);
                    foreach (DictionaryEntry item in items) context.Items[item.Key] = item.Value;
                    break;
            }
        }

        static IEnumerable<string> AllNames(HttpSessionState session) { foreach (string name in session.Keys) yield return name; }

        static void Adopt(HttpContext context)
        {
            var provider = new SessionProvider();
            context.Items.Clear();
            var data = provider.CreateNewStoreData(context, 60);
            data.Items["note"] = "adopted";
            provider.SetAndReleaseItemExclusive(context, "0123456789abcdef0123456789abcdef", data, null, true);
            context.Session["note"] = "adopted"; // the module stores its own at the end of the page
        }
    }

    /// <summary>A page that only reads the session.</summary>
    public sealed class ReadOnly : IHttpHandler, IReadOnlySessionState
    {
        /// <summary>A handler has no state.</summary>
        public bool IsReusable { get { return true; } }

        /// <summary>Answers a request.</summary>
        public void ProcessRequest(HttpContext context)
        {
            context.Session["note"] = "of a page that only reads";
            try { SharedLogin.Renew(context); }
            catch (InvalidOperationException) { context.Response.Write("refused"); }
        }
    }
}
